import { KEPT_MINUTES } from '#trips/tlc-file.ts';
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';
import { clip, lookUp } from '../onnx/pieces.ts';
import type { RideValues } from '../onnx/ride-values.ts';
import { BANDS, CELLS, type CellQuantiles, INTERVAL_BOUNDS, type IntervalBound } from './cells.ts';
import { addSpread, type SpreadModel } from './spread.ts';
import { addStratum } from './strata.ts';

/** The residual quantiles for rides with a metered distance, and for rides with the pair's typical one. */
export interface Calibrations {
  readonly given: CellQuantiles;
  readonly typical: CellQuantiles;
  /** What the quantiles are multiples of; without it they are in minutes. */
  readonly spread?: SpreadModel;
}

/**
 * Interval bounds: prediction + the residual quantile of its cell, which may be a multiple of the ride's spread,
 * clipped to the minutes a kept ride lasts.
 */
export function intervals(
  g: GraphBuilder,
  ride: RideValues,
  predicted: Value,
  calibrations: Calibrations,
): Record<IntervalBound, Value> {
  const row = cell(g, ride, predicted);
  const { spread: model } = calibrations;
  const spread = model && addSpread(g, model, ride, predicted);
  const bound = (name: IntervalBound) => {
    const quantile = lookUp(g, g.table(tableName(name), tableOf(calibrations, name)), row);
    const residual = spread === undefined ? quantile : g.node('Mul', [spread, quantile]);
    return clip(g, g.node('Add', [predicted, residual]), KEPT_MINUTES.least, KEPT_MINUTES.most);
  };
  return Object.fromEntries(INTERVAL_BOUNDS.map((name) => [name, bound(name)])) as Record<IntervalBound, Value>; // fromEntries forgets the keys
}

/** What a bound's table is called in the graph. */
export const tableName = (bound: IntervalBound): string => `${bound}_residuals`;

/** The two calibrations one after the other, as a table holds them. */
export const tableOf = ({ given, typical }: Pick<Calibrations, 'given' | 'typical'>, bound: IntervalBound) =>
  Float32Array.from([...given[bound], ...typical[bound]]);

/** The row of a ride's cell, int64. Computed in float, which is exact for numbers of this size and costs less. */
function cell(g: GraphBuilder, ride: RideValues, predicted: Value): Value {
  // Clipped before the cast: a float beyond int64 has no defined integer, and a bad index would fail the whole batch.
  const band = clip(g, g.node('Floor', [predicted]), 0, BANDS - 1);
  const firstOfStratum = g.node('Mul', [addStratum(g, ride), g.float(BANDS)]);
  const firstOfCalibration = g.node('Where', [ride.distanceGiven, g.float(0), g.float(CELLS)]);
  return g.cast(g.node('Add', [g.node('Add', [firstOfCalibration, firstOfStratum]), band]), 'int64');
}
