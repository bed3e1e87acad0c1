import { KEPT_MINUTES } from '../../trips/tlc-file.ts';
import { BANDS, type BandQuantiles, INTERVAL_BOUNDS, type IntervalBound } from '../bands.ts';
import { addSpread, type SpreadModel } from '../spread.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import { clip, gather } from './pieces.ts';
import type { RideValues } from './ride-graph.ts';

/** The residual quantiles for rides with a metered distance, and for rides with the pair's typical one. */
export interface Calibrations {
  readonly given: BandQuantiles;
  readonly typical: BandQuantiles;
  /** What the quantiles are multiples of; without it they are minutes. */
  readonly spread?: SpreadModel;
}

/**
 * Interval bounds: prediction + the residual quantile of its band (its whole minute), which may be a multiple of the
 * ride's spread, clipped to the minutes a kept ride lasts. The two calibrations lie one after the other in each table.
 */
export function intervals(
  g: GraphBuilder,
  ride: RideValues,
  predicted: Value,
  calibrations: Calibrations,
): Record<IntervalBound, Value> {
  // Clipped before the cast: a float beyond int64 has no defined integer, and a bad index would fail the whole batch.
  const band = g.cast(clip(g, g.node('Floor', [predicted]), 0, BANDS - 1), 'int64');
  const row = g.node('Add', [band, g.node('Where', [ride.distanceGiven, g.int64(0), g.int64(BANDS)])]);
  const spread = calibrations.spread && addSpread(g, calibrations.spread, ride, predicted);
  const bound = (name: IntervalBound) => {
    const table = g.table(`${name}_residual`, [...calibrations.given[name], ...calibrations.typical[name]]);
    const quantile = gather(g, table, row);
    const residual = spread === undefined ? quantile : g.node('Mul', [spread, quantile]);
    return clip(g, g.node('Add', [predicted, residual]), KEPT_MINUTES.least, KEPT_MINUTES.most);
  };
  const bounds = INTERVAL_BOUNDS.map((name) => [name, bound(name)] as const);
  return Object.fromEntries(bounds) as Record<IntervalBound, Value>; // fromEntries forgets the keys
}
