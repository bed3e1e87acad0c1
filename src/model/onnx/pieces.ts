/** The small parts that every recipe's graph is built from. */
import { DISTANCE_LIMIT } from '#trips/ride-limits.ts';
import { ZONE_SLOTS } from '../rides/zone-pair.ts';
import { type GraphBuilder, integer, type Value } from './graph-builder.ts';

/** Zone ids outside 1..265 become slot 0. */
export function zoneSlot(g: GraphBuilder, zone: Value): Value {
  const slots = g.int64(ZONE_SLOTS);
  return g.node('Mod', [g.node('Clip', [zone, g.int64(0), slots]), slots]); // ids beyond the last are clipped to 266
}

/** The pair's row in a table of 266 x 266. */
export function pairSlot(g: GraphBuilder, pickupSlot: Value, dropoffSlot: Value): Value {
  return g.node('Add', [g.node('Mul', [pickupSlot, g.int64(ZONE_SLOTS)]), dropoffSlot]);
}

/**
 * An element of a table of shape [any] for each index, [N]. onnxruntime's Gather can do this too, but copies a row of
 * any type per call, and takes ten times as long.
 */
export function lookUp(g: GraphBuilder, table: Value, index: Value): Value {
  return g.node('GatherElements', [table, index]);
}

/** A row of a table of shape [any, columns] for each index, [N, columns]. */
export function lookUpRow(g: GraphBuilder, table: Value, index: Value): Value {
  return g.node('Gather', [table, index]);
}

/** Whether a distance is given: false for NaN (no comparison with it holds), infinity and what is too far to be one. */
export function distanceGiven(g: GraphBuilder, distance: Value): Value {
  return g.node('LessOrEqual', [g.node('Abs', [distance]), g.float(DISTANCE_LIMIT)]);
}

export function clip(g: GraphBuilder, value: Value, least: number, most: number): Value {
  return g.node('Clip', [value, g.float(least), g.float(most)]);
}

/**
 * Minute of the day, 0..1439, and weekday, Monday 0, like calendarOf; and days since 1970-01-01. All int64.
 * @param time int64 seconds, 0 or more
 */
export function calendar(g: GraphBuilder, time: Value): Readonly<Record<'minute' | 'weekday' | 'day', Value>> {
  const seconds = g.int64(86_400);
  const minute = g.node('Div', [g.node('Mod', [time, seconds]), g.int64(60)]);
  const day = g.node('Div', [time, seconds]);
  // 1970-01-01 was a Thursday.
  const weekday = g.node('Mod', [g.node('Add', [day, g.int64(3)]), g.int64(7)]);
  return { minute, weekday, day };
}

/** float [N] -> [N, 1] */
export const asColumn = (g: GraphBuilder, value: Value): Value => g.node('Unsqueeze', [value, g.axis(1)]);

/** Joins parts of shape [N, any number] side by side. */
export const sideBySide = (g: GraphBuilder, parts: readonly Value[]): Value =>
  g.node('Concat', parts, [integer('axis', 1)]);
