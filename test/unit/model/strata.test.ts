import { expect, onTestFinished, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { BOUNDARY_RIDES, ridesOf } from '#model/golden/golden.ts';
import { addStratum, placeOf, STRATA, strataOf } from '#model/intervals/strata.ts';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import { batchOf, type Rides } from '#model/rides/rides.ts';
import { allRides, loadRides } from '#model/rides/training-rides.ts';
import { PAIR_SLOTS } from '#model/rides/zone-pair.ts';
import { aDatabase, aRealSource, evenCalibrations } from '../../support/training.ts';

async function strataInGraph(rides: Rides): Promise<readonly number[]> {
  const typical = new Float64Array(PAIR_SLOTS);
  const scorer = await loadScorer(
    rideGraph({ typical, addPrediction: addStratum, calibrations: evenCalibrations(), metadata: {} }),
  );
  onTestFinished(() => scorer.close());
  return [...(await scorer.score(batchOf(rides))).predicted_duration];
}

const MORNING = 1_680_510_600;
const aRide = { PULocationID: 74, DOLocationID: 263, trip_distance: 1.5, pickup_time: MORNING };
const strataOfRides = (rides: readonly Partial<typeof aRide>[]) => [
  ...strataOf(ridesOf(rides.map((ride) => ({ ...aRide, ...ride })))),
];

test('borough of pickup, staying in the zone and the hours each make another stratum; nothing else does', () => {
  const [first, ...others] = strataOfRides([
    {},
    { PULocationID: 3 },
    { DOLocationID: 74 },
    { pickup_time: MORNING + 12 * 3600 },
    { pickup_time: -1 },
  ]);
  expect(new Set([first, ...others]).size).toBe(5);
  const alike = strataOfRides([
    { PULocationID: 75 },
    { DOLocationID: 3 },
    { trip_distance: 9 },
    { pickup_time: MORNING + 60 },
  ]);
  expect(alike).toEqual(alike.map(() => first));
});

test('a place is the same at all hours', () => {
  const times = [...Array.from({ length: 24 }, (_, hour) => MORNING + hour * 3600), -1];
  const strata = strataOfRides(times.map((time) => ({ pickup_time: time })));
  expect(new Set(strata).size).toBe(6);
  expect(new Set(strata.map(placeOf)).size).toBe(1);
  expect(Math.max(...strata)).toBeLessThan(STRATA);
});

test('the graph finds the stratum of every ride of a month, and of rides at every edge of the inputs', async () => {
  const edges = ridesOf(BOUNDARY_RIDES);
  expect(await strataInGraph(edges)).toEqual([...strataOf(edges)]);
  const database = await aDatabase();
  await loadRides(database, 'rides', 'green', [await aRealSource('2023-04')]);
  const rides = await allRides(database, 'rides');
  const strata = [...strataOf(rides)];
  expect(new Set(strata).size).toBeGreaterThan(40);
  expect(await strataInGraph(rides)).toEqual(strata);
});
