/**
 * What the zone-map recipes know about a ride, as numbers: here for training and, as nodes, for the graph. Both compute
 * in float32 using only subtraction, so they agree to the last bit.
 */
import { z } from 'zod';
import { calendarOf, DAY_SECONDS } from '#trips/new-york-time.ts';
import { PUBLIC_HOLIDAYS } from '#trips/public-holidays.ts';
import { at } from '../at.ts';
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';
import { asColumn, calendar, lookUp, lookUpRow, sideBySide } from '../onnx/pieces.ts';
import type { RideValues } from '../onnx/ride-values.ts';
import { MICROSECONDS } from '../rides/exact-sums.ts';
import { isDistance, pairAt, type Rides } from '../rides/rides.ts';
import type { TrainingDatabase } from '../rides/training-rides.ts';
import { ZONE_SLOTS, zoneSlot } from '../rides/zone-pair.ts';
import type { DenseMatrix } from './gradient-boosting.ts';
import { DIMENSIONS, mapOf, mapZones, type ZoneMap } from './map-of-zones.ts';

const onEachAxis = (name: string) => Array.from({ length: DIMENSIONS }, (_, k) => `${name}_${k + 1}`);

export const MAP_FEATURES = [
  'trip_distance',
  'minute',
  'weekday',
  ...onEachAxis('pickup'),
  ...onEachAxis('dropoff'),
  ...onEachAxis('way'),
  'map_distance',
  'detour',
] as const;

/**
 * The trip_distance and the detour of a ride without a distance: below every distance that counts as given, so that one
 * split tells both kinds of rides apart. Not NaN, which the graph's trees cannot ask about.
 */
const ABSENT = -(2 ** 30);

/** The weekday of a public holiday: a day of its own, after Sunday, which is 6. Its rides are like a Sunday's. */
const HOLIDAY = 7;

/** What turns rides into features. */
export interface MapEncoder {
  readonly map: ZoneMap;
  /** Used when the pickup time is unknown: New York wall-clock seconds, 0 or more. */
  readonly usualTime: number;
  /** Days since 1970-01-01. */
  readonly holidays: ReadonlySet<number>;
}

/** @param relation SQL, with the columns of training-rides.ts */
export async function mapEncoder(database: TrainingDatabase, relation: string): Promise<MapEncoder> {
  const [map, usual] = [await mapZones(database, relation), await usualTime(database, relation)];
  return { map, usualTime: usual, holidays: PUBLIC_HOLIDAYS };
}

const hourSchema = z.tuple([z.object({ hour: z.number() })]);
const HOUR_SECONDS = 3600;
const WEEK_HOURS = 168;

/**
 * The value used for an unknown pickup time: the middle of the hour of the week in which rides take about as long as
 * they do at all times between the same zones. Hours with less than half of their share of the rides are ignored.
 * Counted from 1970-01-01.
 */
async function usualTime(database: TrainingDatabase, relation: string): Promise<number> {
  const [{ hour }] = hourSchema.parse(
    await database.rows(`
      WITH timed AS (SELECT pair, pickup_time // ${HOUR_SECONDS} % ${WEEK_HOURS} AS hour, ${MICROSECONDS} AS y
          FROM ${relation} WHERE pickup_time >= 0),
        pairs AS (SELECT pair, (sum(y) / count(*))::BIGINT AS usual FROM timed GROUP BY pair)
      SELECT hour::DOUBLE AS hour FROM timed JOIN pairs USING (pair) GROUP BY hour
      ORDER BY count(*) < (SELECT count(*) FROM timed) / ${2 * WEEK_HOURS}, abs(sum(y - usual) / count(*)), hour LIMIT 1`),
  );
  return (hour + 0.5) * HOUR_SECONDS;
}

export function encodeOnMap({ map, usualTime, holidays }: MapEncoder, rides: Rides): DenseMatrix {
  const columns = MAP_FEATURES.length;
  const values = new Float32Array(rides.size * columns);
  for (let i = 0; i < rides.size; i += 1) {
    const time = at(rides.pickupTime, i);
    const known = time < 0 ? usualTime : time;
    const { minute, weekday } = calendarOf(known);
    const distance = Math.fround(at(rides.distance, i));
    const isGiven = isDistance(distance);
    const pickup = zoneSlot(at(rides.pickupZone, i)) * DIMENSIONS;
    const dropoff = zoneSlot(at(rides.dropoffZone, i)) * DIMENSIONS;
    const straight = at(map.miles, pairAt(rides, i));
    const row = i * columns;
    values[row] = isGiven ? distance : ABSENT;
    values[row + 1] = minute;
    values[row + 2] = holidays.has(Math.floor(known / DAY_SECONDS)) ? HOLIDAY : weekday;
    for (let k = 0; k < DIMENSIONS; k += 1) {
      const [from, to] = [at(map.coordinates, pickup + k), at(map.coordinates, dropoff + k)];
      values[row + 3 + k] = from;
      values[row + 3 + DIMENSIONS + k] = to;
      values[row + 3 + 2 * DIMENSIONS + k] = to - from;
    }
    values[row + 3 + 3 * DIMENSIONS] = straight;
    values[row + 4 + 3 * DIMENSIONS] = isGiven ? distance - straight : ABSENT;
  }
  return { kind: 'dense', rows: rides.size, columns, values };
}

/** The same as nodes. @returns float [N, features] */
export function addMapFeatures(g: GraphBuilder, { map, usualTime, holidays }: MapEncoder, ride: RideValues): Value {
  const unknown = g.node('Less', [ride.pickupTime, g.int64(0)]);
  const { minute, weekday, day } = calendar(g, g.node('Where', [unknown, g.int64(usualTime), ride.pickupTime]));
  const plainWeekday = g.cast(weekday, 'float');
  const coordinates = g.table('zone_map', map.coordinates, DIMENSIONS);
  const pickup = lookUpRow(g, coordinates, ride.pickupSlot);
  const dropoff = lookUpRow(g, coordinates, ride.dropoffSlot);
  const straight = lookUp(g, g.table('map_distance', map.miles), ride.pair);
  const ifGiven = (miles: Value) => g.node('Where', [ride.distanceGiven, miles, g.float(ABSENT)]);
  return sideBySide(g, [
    asColumn(g, ifGiven(ride.distance)),
    asColumn(g, g.cast(minute, 'float')),
    asColumn(
      g,
      holidays.size === 0
        ? plainWeekday
        : g.node('Where', [isHoliday(g, holidays, day), g.float(HOLIDAY), plainWeekday]),
    ),
    pickup,
    dropoff,
    g.node('Sub', [dropoff, pickup]),
    asColumn(g, straight),
    asColumn(g, ifGiven(g.node('Sub', [ride.distance, straight]))),
  ]);
}

/** From a table of days, at least one holiday, with one more at either end for all earlier and all later ones. @returns bool [N] */
function isHoliday(g: GraphBuilder, holidays: ReadonlySet<number>, day: Value): Value {
  const first = Math.min(...holidays) - 1;
  const days = Math.max(...holidays) - first + 2;
  const table = Float64Array.from({ length: days }, (_, i) => Number(holidays.has(first + i)));
  const row = g.node('Clip', [g.node('Add', [day, g.int64(-first)]), g.int64(0), g.int64(days - 1)]);
  return g.node('LessOrEqual', [g.float(1), lookUp(g, g.table('holiday', table), row)]);
}

/** The map as JSON, for anyone who uses the trees without the graph: coordinates by zone, and what replaces what. */
export const encoderJson = ({ map, usualTime, holidays }: MapEncoder): string =>
  JSON.stringify({
    features: MAP_FEATURES,
    absent_distance: ABSENT,
    usual_time: usualTime,
    holidays: [...holidays].map((day) => new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 10)),
    coordinates: Object.fromEntries(
      Array.from({ length: ZONE_SLOTS }, (_, zone) => [
        zone,
        [...map.coordinates.subarray(zone * DIMENSIONS, (zone + 1) * DIMENSIONS)],
      ]),
    ),
  });

const encoderSchema = z.object({
  usual_time: z.number(),
  holidays: z.array(z.iso.date()).default([]), // older runs know none
  coordinates: z.record(z.coerce.number(), z.array(z.number()).length(DIMENSIONS)),
});

/** What {@link encoderJson} wrote. */
export function readEncoder(json: string): MapEncoder {
  const { usual_time: usualTime, coordinates, holidays } = encoderSchema.parse(JSON.parse(json));
  const flat = new Float32Array(ZONE_SLOTS * DIMENSIONS);
  for (const [zone, place] of Object.entries(coordinates)) flat.set(place, Number(zone) * DIMENSIONS);
  const days = holidays.map((day) => Date.parse(day) / 1000 / DAY_SECONDS);
  return { map: mapOf(flat), usualTime, holidays: new Set(days) };
}
