/**
 * The parts that rides are split into for their intervals, by the groups in which a card looks for weak spots: pickup
 * borough, whether the ride stays in its zone, hours. Here for training and, as nodes, for the graph.
 */
import { UNKNOWN_TIME } from '#trips/new-york-time.ts';
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';
import { lookUp } from '../onnx/pieces.ts';
import type { RideValues } from '../onnx/ride-values.ts';
import { GROUPINGS } from '../rides/ride-groups.ts';
import type { Rides } from '../rides/rides.ts';
import { ZONE_SLOTS } from '../rides/zone-pair.ts';

const { pickup_borough: boroughs, zones: stays, hour_band: hours } = GROUPINGS;
const HOURS = hours.groups.length;

/** A place is a borough plus whether the ride stays in its zone. */
export const PLACES = boroughs.groups.length * stays.groups.length;
/** A stratum is a place plus a band of hours. */
export const STRATA = PLACES * HOURS;

export const placeOf = (stratum: number): number => Math.floor(stratum / HOURS);

/** @returns 0..{@link STRATA} - 1 for each ride */
export function strataOf(rides: Rides): Uint8Array {
  const strata = new Uint8Array(rides.size);
  for (let i = 0; i < rides.size; i += 1) {
    const place = boroughs.groupOf(rides, i) * stays.groups.length + stays.groupOf(rides, i);
    strata[i] = place * HOURS + hours.groupOf(rides, i);
  }
  return strata;
}

const DAY_HOURS = 24;
const HOUR_SECONDS = 3600;

/** The stratum as nodes, from two tables that hold the results of {@link strataOf}. @returns float [N] */
export function addStratum(g: GraphBuilder, ride: RideValues): Value {
  const staying = g.node('Equal', [ride.pickupSlot, ride.dropoffSlot]);
  const placeRow = g.node('Add', [ride.pickupSlot, g.node('Where', [staying, g.int64(ZONE_SLOTS), g.int64(0)])]);
  const unknown = g.node('Less', [ride.pickupTime, g.int64(0)]);
  const hour = g.node('Div', [
    g.node('Mod', [ride.pickupTime, g.int64(DAY_HOURS * HOUR_SECONDS)]),
    g.int64(HOUR_SECONDS),
  ]);
  const hourRow = g.node('Where', [unknown, g.int64(DAY_HOURS), hour]);
  return g.node('Add', [
    lookUp(g, g.table('place_stratum', PLACE_TABLE), placeRow),
    lookUp(g, g.table('hour_stratum', HOUR_TABLE), hourRow),
  ]);
}

/** The stratum at midnight of rides from each zone slot to elsewhere, then of rides that stay in the zone. */
const PLACE_TABLE = (() => {
  const slots = Array.from({ length: ZONE_SLOTS }, (_, slot) => slot);
  const elsewhere = slots.map(() => 0);
  return strataOf(ridesOf([...slots, ...slots], [...elsewhere, ...slots], new Array(2 * ZONE_SLOTS).fill(0)));
})();

/** What an hour adds to it; unknown time is last. */
const HOUR_TABLE = (() => {
  const times = [...Array.from({ length: DAY_HOURS }, (_, hour) => hour * HOUR_SECONDS), UNKNOWN_TIME];
  const anywhere = times.map(() => 0);
  return strataOf(ridesOf(anywhere, anywhere, times)).map((stratum) => stratum % HOURS);
})();

function ridesOf(pickupZone: readonly number[], dropoffZone: readonly number[], pickupTime: readonly number[]): Rides {
  return {
    size: pickupTime.length,
    pickupZone: Float64Array.from(pickupZone),
    dropoffZone: Float64Array.from(dropoffZone),
    distance: new Float64Array(pickupTime.length),
    pickupTime: Float64Array.from(pickupTime),
  };
}
