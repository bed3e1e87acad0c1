import { DISTANCE_LIMIT } from '#trips/ride-limits.ts';
import { at } from '../at.ts';
import { RideBatch } from './ride-batch.ts';
import { pairSlot } from './zone-pair.ts';

/** Rides as columns in float64, each array `[size]`: what a recipe's own algebra reads. */
export interface Rides {
  readonly size: number;
  readonly pickupZone: Float64Array;
  readonly dropoffZone: Float64Array;
  /** Miles; NaN = not given. */
  readonly distance: Float64Array;
  /** New York wall-clock seconds; -1 = unknown. */
  readonly pickupTime: Float64Array;
}

/** Rides whose durations are known. */
export interface LabelledRides extends Rides {
  readonly minutes: Float64Array;
}

/** The pair slot of ride `index`. */
export const pairAt = (rides: Rides, index: number): number =>
  pairSlot(at(rides.pickupZone, index), at(rides.dropoffZone, index));

/** Whether a ride's distance is given: false for NaN and for what is too far to be one, as in the graph. */
export const isDistance = (miles: number): boolean => Math.abs(miles) <= DISTANCE_LIMIT;

/** The same rides with the pair's typical distance wherever none is given, as in the graph. */
export function withTypicalDistance<R extends Rides>(rides: R, typical: Float64Array): R {
  const distance = rides.distance.map((miles, i) => (isDistance(miles) ? miles : at(typical, pairAt(rides, i))));
  return { ...rides, distance };
}

/** The same rides with no distance given. */
export function withoutDistance<R extends Rides>(rides: R): R {
  return { ...rides, distance: new Float64Array(rides.size).fill(Number.NaN) };
}

/** The rides whose distance is given. */
export function ridesWithDistance(rides: LabelledRides): LabelledRides {
  if (rides.distance.every(isDistance)) return rides;
  const kept = (values: Float64Array) => values.filter((_, i) => isDistance(at(rides.distance, i)));
  const distance = kept(rides.distance);
  return {
    size: distance.length,
    pickupZone: kept(rides.pickupZone),
    dropoffZone: kept(rides.dropoffZone),
    distance,
    pickupTime: kept(rides.pickupTime),
    minutes: kept(rides.minutes),
  };
}

/** Every ride with no distance, and before those, once more, the rides whose distance is given. */
export function withAndWithoutDistance(rides: LabelledRides): LabelledRides {
  const [given, absent] = [ridesWithDistance(rides), withoutDistance(rides)];
  const both = (a: Float64Array, b: Float64Array) => {
    const joined = new Float64Array(a.length + b.length);
    joined.set(a);
    joined.set(b, a.length);
    return joined;
  };
  return {
    size: given.size + absent.size,
    pickupZone: both(given.pickupZone, absent.pickupZone),
    dropoffZone: both(given.dropoffZone, absent.dropoffZone),
    distance: both(given.distance, absent.distance),
    pickupTime: both(given.pickupTime, absent.pickupTime),
    minutes: both(given.minutes, absent.minutes),
  };
}

/** The same rides as the graph takes them. */
export function batchOf(rides: Rides): RideBatch {
  const batch = new RideBatch(rides.size);
  for (let i = 0; i < rides.size; i += 1) {
    batch.push(at(rides.pickupZone, i), at(rides.dropoffZone, i), at(rides.distance, i), at(rides.pickupTime, i));
  }
  return batch;
}
