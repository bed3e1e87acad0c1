import { expect, test } from 'vitest';
import { ridesOf } from '#model/golden/golden.ts';
import { type LabelledRides, ridesWithDistance, withAndWithoutDistance } from '#model/rides/rides.ts';

const MORNING = 1_680_510_600;

/** Rides between zones 1 and 2, 3 and 4, and so on, of these miles; the first took 10 minutes, the second 11, and so on. */
const ofMiles = (miles: readonly number[]): LabelledRides => ({
  ...ridesOf(
    miles.map((trip_distance, i) => ({
      PULocationID: 2 * i + 1,
      DOLocationID: 2 * i + 2,
      trip_distance,
      pickup_time: MORNING + i,
    })),
  ),
  minutes: Float64Array.from(miles, (_, i) => 10 + i),
});

const described = (rides: LabelledRides) =>
  Array.from({ length: rides.size }, (_, i) =>
    [rides.pickupZone, rides.dropoffZone, rides.distance, rides.pickupTime, rides.minutes].map((column) => column[i]),
  );

test('rides whose distance is missing or too far to be one are left out where distances are needed', () => {
  const some = ofMiles([2, Number.NaN, 0, Number.POSITIVE_INFINITY, 1_000_001, 1_000_000]);
  expect(described(ridesWithDistance(some))).toEqual([
    [1, 2, 2, MORNING, 10],
    [5, 6, 0, MORNING + 2, 12],
    [11, 12, 1_000_000, MORNING + 5, 15],
  ]);
});

test('a ride is learned with its distance and without, and without alone if it has none', () => {
  expect(described(withAndWithoutDistance(ofMiles([2, Number.NaN])))).toEqual([
    [1, 2, 2, MORNING, 10],
    [1, 2, Number.NaN, MORNING, 10],
    [3, 4, Number.NaN, MORNING + 1, 11],
  ]);
});
