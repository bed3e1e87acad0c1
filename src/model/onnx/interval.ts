import { KEPT_MINUTES } from '../../trips/tlc-file.ts';
import { BANDS, type BandQuantiles, INTERVAL_BOUNDS, type IntervalBound } from '../bands.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import { clip, gather } from './pieces.ts';

/** The residual quantiles for rides with a metered distance, and for rides with the pair's typical one. */
export interface Calibrations {
  readonly given: BandQuantiles;
  readonly typical: BandQuantiles;
}

/**
 * Interval bounds: prediction + the residual quantile of its band (its whole minute), clipped to the minutes a kept ride
 * lasts. The two calibrations lie one after the other in each table.
 */
export function intervals(
  g: GraphBuilder,
  predicted: Value,
  given: Value,
  calibrations: Calibrations,
): Record<IntervalBound, Value> {
  // Clipped before the cast: a float beyond int64 has no defined integer, and a bad index would fail the whole batch.
  const band = g.cast(clip(g, g.node('Floor', [predicted]), 0, BANDS - 1), 'int64');
  const row = g.node('Add', [band, g.node('Where', [given, g.int64(0), g.int64(BANDS)])]);
  const bound = (name: IntervalBound) => {
    const table = g.table(`${name}_residual`, [...calibrations.given[name], ...calibrations.typical[name]]);
    return clip(g, g.node('Add', [predicted, gather(g, table, row)]), KEPT_MINUTES.least, KEPT_MINUTES.most);
  };
  const bounds = INTERVAL_BOUNDS.map((name) => [name, bound(name)] as const);
  return Object.fromEntries(bounds) as Record<IntervalBound, Value>; // fromEntries forgets the keys
}
