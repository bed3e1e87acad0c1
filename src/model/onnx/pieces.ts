/** The small parts that every recipe's graph is made of. */
import { FARTHEST_MILES } from '../rides.ts';
import { LAST_ZONE, ZONE_SLOTS } from '../zone-pair.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';

/** Zone ids outside 1..265 become slot 0. */
export function zoneSlot(g: GraphBuilder, zone: Value): Value {
  const below = g.node('Less', [zone, g.int64(1)]);
  const above = g.node('Greater', [zone, g.int64(LAST_ZONE)]);
  return g.node('Where', [g.node('Or', [below, above]), g.int64(0), zone]);
}

/** The pair's row in a table of 266 x 266. */
export function pairSlot(g: GraphBuilder, pickupSlot: Value, dropoffSlot: Value): Value {
  return g.node('Add', [g.node('Mul', [pickupSlot, g.int64(ZONE_SLOTS)]), dropoffSlot]);
}

export function gather(g: GraphBuilder, table: Value, index: Value): Value {
  return g.node('Gather', [table, index]);
}

/** Whether a distance is given: false for NaN (no comparison with it holds), infinity and what is too far to be one. */
export function distanceGiven(g: GraphBuilder, distance: Value): Value {
  return g.node('LessOrEqual', [g.node('Abs', [distance]), g.float(FARTHEST_MILES)]);
}

export function clip(g: GraphBuilder, value: Value, least: number, most: number): Value {
  return g.node('Clip', [value, g.float(least), g.float(most)]);
}
