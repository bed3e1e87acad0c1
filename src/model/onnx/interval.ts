import { KEPT_MINUTES } from '../../trips/tlc-file.ts';
import { BANDS, CELLS, type CellQuantiles, INTERVAL_BOUNDS, type IntervalBound } from '../cells.ts';
import { addSpread, type SpreadModel } from '../spread.ts';
import { addStratum } from '../strata.ts';
import { type GraphBuilder, integers, type Value } from './graph-builder.ts';
import { clip, gather } from './pieces.ts';
import type { RideValues } from './ride-graph.ts';

/** The residual quantiles for rides with a metered distance, and for rides with the pair's typical one. */
export interface Calibrations {
  readonly given: CellQuantiles;
  readonly typical: CellQuantiles;
  /** What the quantiles are multiples of; without it they are minutes. */
  readonly spread?: SpreadModel;
}

/**
 * Interval bounds: prediction + the residual quantile of its cell, which may be a multiple of the ride's spread, clipped
 * to the minutes a kept ride lasts. The four quantiles of a cell lie side by side, and the two calibrations one after the
 * other: one Gather, which is what a linear graph spends its time on, instead of four.
 */
export function intervals(
  g: GraphBuilder,
  ride: RideValues,
  predicted: Value,
  calibrations: Calibrations,
): Record<IntervalBound, Value> {
  const table = g.table('interval_residuals', sideBySide(calibrations), INTERVAL_BOUNDS.length);
  // [4, N]: a bound after the other
  const quantiles = g.node('Transpose', [gather(g, table, cell(g, ride, predicted))], [integers('perm', [1, 0])]);
  const spread = calibrations.spread && addSpread(g, calibrations.spread, ride, predicted);
  const residuals = spread === undefined ? quantiles : g.node('Mul', [spread, quantiles]);
  const bounds = clip(g, g.node('Add', [predicted, residuals]), KEPT_MINUTES.least, KEPT_MINUTES.most);
  const named = INTERVAL_BOUNDS.map((name, i) => [name, gather(g, bounds, g.int64(i))] as const);
  return Object.fromEntries(named) as Record<IntervalBound, Value>; // fromEntries forgets the keys
}

/** The row of a ride's cell, int64. Reckoned in float, which holds such numbers exactly and costs less. */
function cell(g: GraphBuilder, ride: RideValues, predicted: Value): Value {
  // Clipped before the cast: a float beyond int64 has no defined integer, and a bad index would fail the whole batch.
  const band = clip(g, g.node('Floor', [predicted]), 0, BANDS - 1);
  const firstOfStratum = g.node('Mul', [addStratum(g, ride), g.float(BANDS)]);
  const firstOfCalibration = g.node('Where', [ride.distanceGiven, g.float(0), g.float(CELLS)]);
  return g.cast(g.node('Add', [g.node('Add', [firstOfCalibration, firstOfStratum]), band]), 'int64');
}

function sideBySide({ given, typical }: Calibrations): Float64Array {
  const table = new Float64Array(2 * CELLS * INTERVAL_BOUNDS.length);
  INTERVAL_BOUNDS.forEach((name, column) => {
    [...given[name], ...typical[name]].forEach((quantile, row) => {
      table[row * INTERVAL_BOUNDS.length + column] = quantile;
    });
  });
  return table;
}
