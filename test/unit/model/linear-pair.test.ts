import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DuckDB } from '#adapters/duckdb.ts';
import { linearPair } from '#model/recipes/linear-pair.ts';
import type { Rides } from '#model/rides/rides.ts';
import { pairSlot } from '#model/rides/zone-pair.ts';
import { aDatabase, boosting } from '../../support/training.ts';

interface Ride {
  readonly pu: number;
  readonly do: number;
  readonly distance: number;
  readonly minutes: number;
}

const fitted = (database: DuckDB, rides: readonly Ride[]) => {
  const rows = rides.map(
    (ride) => `(${pairSlot(ride.pu, ride.do)}, ${ride.distance}::DOUBLE, ${ride.minutes}::DOUBLE)`,
  );
  return linearPair.fit({ database, boosting, relation: `(VALUES ${rows.join()}) rides(pair, distance, minutes)` });
};

const asked = (rides: readonly Omit<Ride, 'minutes'>[]): Rides => ({
  size: rides.length,
  pickupZone: Float64Array.from(rides, (ride) => ride.pu),
  dropoffZone: Float64Array.from(rides, (ride) => ride.do),
  distance: Float64Array.from(rides, (ride) => ride.distance),
  pickupTime: new Float64Array(rides.length),
});

const predictOne = (model: Awaited<ReturnType<typeof fitted>>, ride: Omit<Ride, 'minutes'>) =>
  model.predict(asked([ride]))[0];

// By hand: the mean distances are 2 and 4, the mean durations 12 and 30; sum xy = 4 + 4, sum xx = 2 + 8: slope 0.8;
// a_pair = 12 - 1.6 = 10.4 and 30 - 3.2 = 26.8; intercept = 18.6.
const BY_HAND: readonly Ride[] = [
  { pu: 1, do: 2, distance: 1, minutes: 10 },
  { pu: 1, do: 2, distance: 3, minutes: 14 },
  { pu: 5, do: 6, distance: 2, minutes: 29 },
  { pu: 5, do: 6, distance: 6, minutes: 31 },
  { pu: 5, do: 6, distance: 4, minutes: 30 },
];

describe('linear-pair', () => {
  test('solves a problem worked by hand', async () => {
    const model = await fitted(await aDatabase(), BY_HAND);
    expect(model.intercept).toBeCloseTo(18.6, 12);
    expect(model.features).toBe(3);
    expect(predictOne(model, { pu: 1, do: 2, distance: 10 })).toBeCloseTo(10.4 + 8, 12);
    const { 'coefficients.json': coefficients, 'vocabulary.json': vocabulary } = model.files();
    expect(JSON.parse(String(vocabulary))).toEqual({ 'PU_DO=1_2': 0, 'PU_DO=5_6': 1, trip_distance: 2 });
    expect(JSON.parse(String(coefficients))).toMatchObject({
      trip_distance: expect.closeTo(0.8, 12),
      PU_DO: { '1_2': expect.closeTo(-8.2, 12) },
    });
  });

  test('gives a pair that it has not seen the intercept and the slope', async () => {
    const model = await fitted(await aDatabase(), BY_HAND);
    expect(predictOne(model, { pu: 2, do: 1, distance: 10 })).toBeCloseTo(18.6 + 8, 12);
    expect(model.storedValues(asked([...BY_HAND, { pu: 2, do: 1, distance: 1 }]))).toBe(11);
  });

  test('takes every id outside 1..265 for the same unknown zone', async () => {
    const model = await fitted(await aDatabase(), [...BY_HAND, { pu: -1, do: 266, distance: 1, minutes: 50 }]);
    expect(predictOne(model, { pu: 999, do: 0, distance: 1 })).toBeCloseTo(50, 12);
  });

  test('a distance of 260,000 miles leaves the others their say', async () => {
    const far = [...BY_HAND, { pu: 7, do: 8, distance: 260_000, minutes: 20 }];
    const model = await fitted(await aDatabase(), far); // alone in its pair, so it has no part in the slope
    expect(predictOne(model, { pu: 1, do: 2, distance: 10 })).toBeCloseTo(18.4, 12);
  });

  test('is the least-squares solution of least norm, as an explicit one-hot matrix gives it', async () => {
    const database = await aDatabase();
    const ride = fc.record({
      pu: fc.integer({ min: 1, max: 3 }),
      do: fc.integer({ min: 1, max: 2 }),
      distance: fc.integer({ min: 0, max: 2000 }).map((n) => n / 100),
      minutes: fc.integer({ min: 60, max: 3600 }).map((n) => n / 60),
    });
    const rides = fc.array(ride, { minLength: 8, maxLength: 40 }).map((some) => [...BY_HAND, ...some]);
    await fc.assert(
      fc.asyncProperty(rides, async (some) => {
        const model = await fitted(database, some);
        const explicit = explicitSolution(some);
        expect(model.intercept).toBeCloseTo(explicit.intercept, 6);
        const found = model.predict(asked(some));
        explicit.predictions.forEach((minutes, i) => {
          expect(found[i]).toBeCloseTo(minutes, 6);
        });
      }),
      { numRuns: 30 },
    );
  });
});

/**
 * Normal equations on the centred design matrix [one-hot | distance]. The one-hot columns add up to 1, so centred they
 * have the null vector z = (1, ..., 1, 0): X'X + zz' is regular, and its solution is orthogonal to z, hence of least norm.
 */
function explicitSolution(rides: readonly Ride[]) {
  const pairs = [...new Set(rides.map((ride) => pairSlot(ride.pu, ride.do)))];
  const design = rides.map((ride) => [
    ...pairs.map((pair) => Number(pair === pairSlot(ride.pu, ride.do))),
    ride.distance,
  ]);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const columns = [...pairs.keys(), pairs.length];
  const means = columns.map((c) => mean(design.map((row) => row[c] ?? 0)));
  const centred = design.map((row) => row.map((value, c) => value - (means[c] ?? 0)));
  const durations = rides.map((ride) => ride.minutes);
  const product = (f: (row: readonly number[], i: number) => number) =>
    centred.reduce((sum, row, i) => sum + f(row, i), 0);
  const onPairs = (c: number) => Number(c < pairs.length);
  const augmented = columns.map((a) => [
    ...columns.map((b) => product((row) => (row[a] ?? 0) * (row[b] ?? 0)) + onPairs(a) * onPairs(b)),
    product((row, i) => (row[a] ?? 0) * ((durations[i] ?? 0) - mean(durations))),
  ]);
  const weights = eliminate(augmented);
  const weigh = (row: readonly number[]) => row.reduce((sum, value, c) => sum + value * (weights[c] ?? 0), 0);
  const intercept = mean(durations) - weigh(means);
  return { intercept, predictions: design.map((row) => intercept + weigh(row)) };
}

/** Gauss-Jordan elimination with partial pivoting. */
function eliminate(augmented: number[][]): number[] {
  const size = augmented.length;
  const rows = augmented.map((row) => [...row]);
  for (let c = 0; c < size; c += 1) {
    const below = rows.slice(c).toSorted((a, b) => Math.abs(b[c] ?? 0) - Math.abs(a[c] ?? 0));
    rows.splice(c, size - c, ...below);
    const pivot = (rows[c] ?? []).map((value) => value / (rows[c]?.[c] ?? 0));
    rows.forEach((row, r) => {
      const factor = row[c] ?? 0;
      rows[r] = r === c ? pivot : row.map((value, k) => value - factor * (pivot[k] ?? 0));
    });
  }
  return rows.map((row) => row[size] ?? Number.NaN);
}
