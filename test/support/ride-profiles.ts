import { RideProfile, scoredRides } from '#model/profile/ride-profile.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';

export interface ProfiledRide {
  readonly pickup: number;
  readonly dropoff: number;
  /** NaN = not given */
  readonly miles: number;
  /** New York wall-clock seconds; -1 = unknown */
  readonly time: number;
  readonly minutes: number;
  readonly width: number;
}

/** 2023-04-03T08:30 in New York, a Monday. */
export const MONDAY = 1_680_510_600;
export const RIDE: ProfiledRide = { pickup: 130, dropoff: 205, miles: 3.66, time: MONDAY, minutes: 15.1, width: 10 };

export function profileOf(rides: readonly ProfiledRide[]): RideProfile {
  const batch = new RideBatch(rides.length);
  for (const { pickup, dropoff, miles, time } of rides) batch.push(pickup, dropoff, miles, time);
  const minutes = Float32Array.from(rides, (ride) => ride.minutes);
  const high = Float32Array.from(rides, (ride) => ride.width);
  const predictions = {
    predicted_duration: minutes,
    interval_low: new Float32Array(rides.length),
    interval_high: high,
    interval80_low: minutes,
    interval80_high: minutes,
  };
  const profile = new RideProfile();
  const scored = scoredRides(batch, predictions);
  for (let i = 0; i < rides.length; i += 1) profile.add(scored, i);
  return profile;
}
