import type { GraphBuilder, Value } from './graph-builder.ts';

/** A ride inside the graph, as a recipe sees it: zones as table rows. */
export interface RideValues {
  /** int64, 0..265 */
  readonly pickupSlot: Value;
  readonly dropoffSlot: Value;
  /** int64, row of a 266 x 266 table */
  readonly pair: Value;
  /** float, miles: given, or the pair's typical one; for a recipe that knows absent distances, anything if not given */
  readonly distance: Value;
  /** bool */
  readonly distanceGiven: Value;
  /** int64, New York wall-clock seconds; -1 = unknown */
  readonly pickupTime: Value;
}

/** Adds a recipe's nodes. Returns minutes, float [N]. */
export type AddPrediction = (g: GraphBuilder, ride: RideValues) => Value;
