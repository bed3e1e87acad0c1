import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DuckDB } from '#adapters/duckdb.ts';
import { ErrorMetrics } from '#model/evaluation/metrics.ts';
import { fitRecipe, predictWith } from '#model/recipes/fit.ts';
import { linearZones } from '#model/recipes/linear-zones.ts';
import type { Rides } from '#model/rides/rides.ts';
import { allRides, loadRides } from '#model/rides/training-rides.ts';
import { pairSlot } from '#model/rides/zone-pair.ts';
import { aDatabase, aRealSource, boosting, theEngines } from '../../support/training.ts';

interface Ride {
  readonly pu: number;
  readonly do: number;
  readonly minutes: number;
}

const fitted = (database: DuckDB, rides: readonly Ride[]) => {
  const rows = rides.map((ride) => `(${pairSlot(ride.pu, ride.do)}, ${ride.minutes}::DOUBLE)`);
  return linearZones.fit({ database, boosting, relation: `(VALUES ${rows.join()}) rides(pair, minutes)` });
};

const asked = (rides: readonly Omit<Ride, 'minutes'>[]): Rides => ({
  size: rides.length,
  pickupZone: Float64Array.from(rides, (ride) => ride.pu),
  dropoffZone: Float64Array.from(rides, (ride) => ride.do),
  distance: new Float64Array(rides.length),
  pickupTime: new Float64Array(rides.length),
});

// A full two by two table without interaction: 10 and 14 from the pickup, +-3 from the dropoff.
const BY_HAND: readonly Ride[] = [
  { pu: 1, do: 5, minutes: 7 },
  { pu: 1, do: 6, minutes: 13 },
  { pu: 2, do: 5, minutes: 11 },
  { pu: 2, do: 6, minutes: 17 },
];

describe('linear-zones', () => {
  test('solves a table worked by hand', async () => {
    const model = await fitted(await aDatabase(), BY_HAND);
    expect(model.intercept).toBeCloseTo(12, 10);
    expect(model.features).toBe(4);
    const found = model.predict(asked([...BY_HAND, { pu: 2, do: 7 }, { pu: 9, do: 5 }, { pu: 9, do: 9 }]));
    expect([...found]).toEqual([7, 13, 11, 17, 14, 9, 12].map((minutes) => expect.closeTo(minutes, 10)));
    expect(model.storedValues(asked([...BY_HAND, { pu: 9, do: 5 }, { pu: 9, do: 9 }]))).toBe(9);
    const { 'coefficients.json': coefficients, 'vocabulary.json': vocabulary } = model.files();
    expect(JSON.parse(String(coefficients))).toEqual({
      intercept: expect.closeTo(12, 10),
      PULocationID: { 1: expect.closeTo(-2, 10), 2: expect.closeTo(2, 10) },
      DOLocationID: { 5: expect.closeTo(-3, 10), 6: expect.closeTo(3, 10) },
    });
    const columns = { 'DOLocationID=5': 0, 'DOLocationID=6': 1, 'PULocationID=1': 2, 'PULocationID=2': 3 };
    expect(JSON.parse(String(vocabulary))).toEqual(columns);
  });

  test('gives rides of a single pair their mean', async () => {
    const rides = [8, 12, 13].map((minutes) => ({ pu: 4, do: 4, minutes }));
    const model = await fitted(await aDatabase(), rides);
    expect([...model.predict(asked([{ pu: 4, do: 4 }]))]).toEqual([expect.closeTo(11, 12)]);
  });

  test('is the least-squares solution of least norm, which gradient descent from zero comes to as well', async () => {
    const database = await aDatabase();
    const ride = fc.record({
      pu: fc.integer({ min: 1, max: 4 }),
      do: fc.integer({ min: 1, max: 4 }),
      minutes: fc.integer({ min: 60, max: 3600 }).map((n) => n / 60),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(ride, { minLength: 1, maxLength: 25 }), async (rides) => {
        const descended = byDescent(rides);
        const zones = [1, 2, 3, 4].flatMap((pu) => [1, 2, 3, 4].map((to) => ({ pu, do: to })));
        const found = (await fitted(database, rides)).predict(asked(zones));
        zones.forEach((zone, i) => {
          expect(found[i]).toBeCloseTo(descended(zone), 4);
        });
      }),
      { numRuns: 25 },
    );
  });
});

/** Steps that start at zero never leave the span of the centred rows, and so end at the solution of least norm. */
function byDescent(rides: readonly Ride[]): (ride: Omit<Ride, 'minutes'>) => number {
  const columns = [...new Set(rides.flatMap((ride) => [`pu${ride.pu}`, `do${ride.do}`]))];
  const row = (ride: Omit<Ride, 'minutes'>) =>
    columns.map((name) => Number(name === `pu${ride.pu}` || name === `do${ride.do}`));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const means = columns.map((_, c) => mean(rides.map((ride) => row(ride)[c] ?? 0)));
  const centred = rides.map((ride) => row(ride).map((value, c) => value - (means[c] ?? 0)));
  const middle = mean(rides.map(({ minutes }) => minutes));
  const weights = columns.map(() => 0);
  const weigh = (values: readonly number[]) => values.reduce((sum, value, c) => sum + value * (weights[c] ?? 0), 0);
  const step = 1 / (2 * rides.length);
  for (let i = 0; i < 20_000; i += 1) {
    const errors = rides.map(({ minutes }, r) => minutes - middle - weigh(centred[r] ?? []));
    for (const c of columns.keys()) {
      const slope = errors.reduce((sum, error, r) => sum + error * (centred[r]?.[c] ?? 0), 0);
      weights[c] = (weights[c] ?? 0) + step * slope;
    }
  }
  return (ride) => middle + weigh(row(ride).map((value, c) => value - (means[c] ?? 0)));
}

// scikit-learn 1.9.1 on the same rows: DictVectorizer, then LinearRegression(tol=1e-13).
test.for([
  {
    month: '2023-03',
    validation: '2023-04',
    features: 449,
    stored: 138_784,
    intercept: 24.247557879819,
    rmse: 7.687951537863,
  },
  {
    month: '2021-01',
    validation: '2021-02',
    features: 506,
    stored: 147_816,
    intercept: 24.047641716267,
    rmse: 10.473743308331,
  },
])('$month, validated on $validation, is what scikit-learn finds', async ({ month, validation, ...wanted }) => {
  const engines = await theEngines();
  const { database } = engines;
  await loadRides(database, 'trained', 'green', [await aRealSource(month)]);
  await loadRides(database, 'validated', 'green', [await aRealSource(validation)]);
  using fit = await fitRecipe(linearZones, engines, 'trained');
  const rides = await allRides(database, 'validated');
  const errors = new ErrorMetrics();
  predictWith(fit, rides).forEach((minutes, i) => {
    errors.add(rides.minutes[i] ?? Number.NaN, minutes);
  });
  expect(fit.fitted.features).toBe(wanted.features);
  expect(fit.fitted.storedValues(await allRides(database, 'trained'))).toBe(wanted.stored);
  expect(fit.fitted.intercept).toBeCloseTo(wanted.intercept, 8);
  expect(errors.summary().rmse).toBeCloseTo(wanted.rmse, 8);
});
