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

/** The same rides with the pair's typical distance wherever none is given, as in the graph. */
export function withTypicalDistance<R extends Rides>(rides: R, typical: Float64Array): R {
  const distance = rides.distance.map((miles, i) =>
    Math.abs(miles) <= DISTANCE_LIMIT ? miles : at(typical, pairAt(rides, i)),
  );
  return { ...rides, distance };
}

/** The same rides with no distance given. */
export function withoutDistance<R extends Rides>(rides: R): R {
  return { ...rides, distance: new Float64Array(rides.size).fill(Number.NaN) };
}

/** The same rides as the graph takes them. */
export function batchOf(rides: Rides): RideBatch {
  const batch = new RideBatch(rides.size);
  for (let i = 0; i < rides.size; i += 1) {
    batch.push(at(rides.pickupZone, i), at(rides.dropoffZone, i), at(rides.distance, i), at(rides.pickupTime, i));
  }
  return batch;
}
