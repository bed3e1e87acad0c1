import { calendarOf } from '#trips/new-york-time.ts';
import { at } from '../at.ts';
import type { Rides } from '../rides/rides.ts';
import { BOUNDARY_RIDES, type GoldenRide } from './golden.ts';

const MOST_RIDES = 500;
/** Beyond this, float32 can no longer hold a thousandth of a minute, and a golden ride would prove nothing. */
const FARTHEST_GOLDEN_MILES = 1000;
const DISTANCE_CLASSES = [0, 0.5, 1, 2, 4, 8, 16, 32, 100] as const;

/**
 * Chooses golden rides from a stream of real ones: the boundary rides, then each ride that is the first with its zone,
 * hour, weekday or class of distance. The same rides in the same order give the same choice.
 */
export class GoldenChoice {
  readonly rides: GoldenRide[] = [...BOUNDARY_RIDES];
  readonly #shown = new Set<string>();

  consider(rides: Rides): void {
    for (let i = 0; i < rides.size && this.rides.length < MOST_RIDES; i += 1) {
      const distance = at(rides.distance, i);
      if (Math.abs(distance) > FARTHEST_GOLDEN_MILES) continue;
      const ride = {
        PULocationID: at(rides.pickupZone, i),
        DOLocationID: at(rides.dropoffZone, i),
        trip_distance: Number.isNaN(distance) ? null : distance,
        pickup_time: at(rides.pickupTime, i),
      };
      const fresh = traits(ride).filter((trait) => !this.#shown.has(trait));
      if (fresh.length === 0) continue;
      for (const trait of fresh) this.#shown.add(trait);
      this.rides.push(ride);
    }
  }
}

function traits({ PULocationID, DOLocationID, trip_distance, pickup_time }: GoldenRide): readonly string[] {
  const { minute, weekday } = calendarOf(pickup_time);
  const miles = trip_distance;
  const distanceClass = miles === null ? 'none' : DISTANCE_CLASSES.filter((least) => miles > least).length;
  return [
    `pickup ${PULocationID}`,
    `dropoff ${DOLocationID}`,
    `weekday ${weekday}`,
    `hour ${Math.floor(minute / 60)}`,
    `distance ${distanceClass}`,
  ];
}
