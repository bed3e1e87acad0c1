import { expect, onTestFinished, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import {
  BOUNDARY_RIDES,
  checkGoldenRides,
  EXACT_TOLERANCE_MINUTES,
  exactDifference,
  GRAPH_TOLERANCE_MINUTES,
  goldenSchema,
  recordGoldenRides,
  ridesOf,
} from '#model/golden/golden.ts';
import { GoldenChoice } from '#model/golden/golden-choice.ts';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import { PAIR_SLOTS } from '#model/rides/zone-pair.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { evenCalibrations } from '../../support/training.ts';

/** A model that predicts 20 minutes but for one pair. */
async function aModel({ pair = 0, minutes = 20 } = {}) {
  const table = new Float64Array(PAIR_SLOTS).fill(20);
  table[pair] = minutes;
  const scorer = await loadScorer(
    rideGraph({
      typical: new Float64Array(PAIR_SLOTS).fill(2),
      addPrediction: (g, ride) => g.node('Gather', [g.table('pair_minutes', table), ride.pair]),
      calibrations: evenCalibrations(),
      metadata: {},
    }),
  );
  onTestFinished(() => scorer.close());
  return scorer;
}

const exact = new Float64Array(BOUNDARY_RIDES.length).fill(20);

test('the same graph answers its golden rides to the last bit', async () => {
  const golden = await recordGoldenRides(await aModel(), BOUNDARY_RIDES, exact);
  expect(await checkGoldenRides(await aModel(), golden)).toEqual({ checked: BOUNDARY_RIDES.length, max_difference: 0 });
  expect(exactDifference(golden)).toBe(0);
});

test('a coefficient that went wrong is caught: against the golden answers, and against the algebra', async () => {
  const wrong = await aModel({ pair: 74 * 266 + 75, minutes: 20.002 });
  const golden = await recordGoldenRides(await aModel(), BOUNDARY_RIDES, exact);
  const { max_difference } = await checkGoldenRides(wrong, golden);
  expect(max_difference).toBeCloseTo(0.002, 5);
  expect(max_difference).toBeGreaterThan(GRAPH_TOLERANCE_MINUTES);
  expect(exactDifference(await recordGoldenRides(wrong, BOUNDARY_RIDES, exact))).toBeGreaterThan(
    EXACT_TOLERANCE_MINUTES,
  );
});

test('an answer that is not a number is infinitely far off', async () => {
  const golden = await recordGoldenRides(await aModel(), BOUNDARY_RIDES, exact);
  const broken = aScorer({ shift: Number.NaN });
  expect((await checkGoldenRides(broken, golden)).max_difference).toBe(Number.POSITIVE_INFINITY);
});

test('golden rides survive JSON; ones with an answer missing, or none at all, are refused', async () => {
  const golden = await recordGoldenRides(await aModel(), BOUNDARY_RIDES, exact);
  expect(goldenSchema.parse(JSON.parse(JSON.stringify(golden)))).toEqual(golden);
  expect(goldenSchema.safeParse({ ...golden, exact: golden.exact.slice(1) }).success).toBe(false);
  const nothing = Object.fromEntries(Object.keys(golden.predictions).map((name) => [name, []]));
  expect(goldenSchema.safeParse({ rides: [], predictions: nothing, exact: [] }).success).toBe(false);
});

test.each([
  ['a zone that is no number', { PULocationID: '74' }],
  ['half a zone', { DOLocationID: 0.5 }],
  ['no pickup time', { pickup_time: undefined }],
  ['a distance in words', { trip_distance: 'far' }],
])('golden rides with %s are refused, by name', async (_, part) => {
  const golden = await recordGoldenRides(await aModel(), BOUNDARY_RIDES, exact);
  const [first, ...others] = golden.rides;
  const { error } = goldenSchema.safeParse({ ...golden, rides: [{ ...first, ...part }, ...others] });
  expect(error?.issues.map(({ path, message }) => [path, message])).toEqual([
    [['rides'], 'a list of rides, each with both zones, a distance or null, and a pickup time'],
  ]);
});

test.each([
  ['exact', null],
  ['exact', [1, '2']],
  ['rides', [null]],
  ['rides', 'some'],
  ['predictions', { predicted_duration: [null] }],
])('golden rides whose %s is %j are refused', async (name, value) => {
  const golden = await recordGoldenRides(await aModel(), BOUNDARY_RIDES, exact);
  expect(goldenSchema.safeParse({ ...golden, [name]: value }).error?.issues[0]?.path[0]).toBe(name);
});

test('a ride is chosen when it shows something new, and passed over when it is farther than float32 can prove', () => {
  const choice = new GoldenChoice();
  const ride = { PULocationID: 10, DOLocationID: 20, trip_distance: 1.2, pickup_time: 1_680_510_600 };
  const anotherHour = { ...ride, pickup_time: ride.pickup_time + 3600 };
  choice.consider(
    ridesOf([
      ride,
      ride,
      anotherHour,
      { ...ride, PULocationID: 11 },
      { ...ride, PULocationID: 12, trip_distance: 92_064 },
    ]),
  );
  expect(choice.rides).toEqual([...BOUNDARY_RIDES, ride, anotherHour, { ...ride, PULocationID: 11 }]);
});

test('there are never more than 500', () => {
  const choice = new GoldenChoice();
  const rides = Array.from({ length: 900 }, (_, i) => ({
    PULocationID: i,
    DOLocationID: i,
    trip_distance: 1,
    pickup_time: 0,
  }));
  choice.consider(ridesOf(rides));
  expect(choice.rides).toHaveLength(500);
});
