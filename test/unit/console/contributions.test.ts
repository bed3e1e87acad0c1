import { describe, expect, test } from 'vitest';
import type { Ride } from '#console/predictor.ts';
import { explain, PARTS } from '#console/ride/contributions.ts';
import { TYPICAL_RIDES } from '#console/ride/gen/typical-rides.ts';

const RIDE: Ride = { pickup: 132, dropoff: 230, distance: 17, time: 8 };

/** A model that is a formula. */
const model = (formula: (ride: Ride) => number) => ({
  score: async (rides: readonly Ride[]) => ({ duration: rides.map(formula), low: [], high: [] }),
});

const explained = async (formula: (ride: Ride) => number, ride = RIDE, typical = TYPICAL_RIDES) => {
  const { baseline, added, prediction } = await explain(ride, typical, model(formula));
  return { baseline, prediction, ...Object.fromEntries(added.map(({ part, minutes }) => [part, minutes])) };
};

describe('what a part of a ride adds', () => {
  const one = [{ pickup: 100, dropoff: 200, distance: 2, time: 5 }];

  test('to a sum is its own term', async () => {
    const sum = (r: Ride) => 10 + (r.distance ?? 0) + 2 * r.time + r.pickup / 4 - r.dropoff / 8;
    expect(await explained(sum, RIDE, one)).toEqual({
      baseline: 22,
      prediction: 47.25,
      distance: 15,
      time: 6,
      pickup: 8,
      dropoff: -3.75,
    });
  });

  test('to a product of two is shared as by hand: each adds the mean of what it adds first and last', async () => {
    const product = (r: Ride) => (r.distance ?? 0) * r.time;
    // 2 x 5 = 10 at first, 17 x 8 = 136 in the end. Distance: (17-2) x 5 first, (17-2) x 8 last; time: 3 x 2, 3 x 17.
    expect(await explained(product, RIDE, one)).toEqual({
      baseline: 10,
      prediction: 136,
      distance: (75 + 120) / 2,
      time: (6 + 51) / 2,
      pickup: 0,
      dropoff: 0,
    });
  });

  test('is the mean over all orders of learning the parts', async () => {
    const formula = (r: Ride) =>
      Math.sin(r.pickup) * Math.cos(r.dropoff) * (r.distance ?? 0) +
      Math.sqrt(r.time % 3600) * Math.sin(r.pickup - r.dropoff);
    const orders = permutations([...PARTS]);
    const meanOf = (known: ReadonlySet<string>) =>
      TYPICAL_RIDES.reduce((total, other) => {
        const mixed = Object.fromEntries(PARTS.map((part) => [part, known.has(part) ? RIDE[part] : other[part]]));
        return total + formula(mixed as unknown as Ride);
      }, 0) / TYPICAL_RIDES.length;
    const found: Record<string, number> = await explained(formula);
    for (const part of PARTS) {
      const gains = orders.map((order) => {
        const before = order.slice(0, order.indexOf(part));
        return meanOf(new Set([...before, part])) - meanOf(new Set(before));
      });
      expect(found[part]).toBeCloseTo(gains.reduce((sum, gain) => sum + gain, 0) / orders.length, 9);
    }
  });
});

test('everything added to the typical ride is the prediction', async () => {
  const formula = (r: Ride) =>
    Math.min(60, Math.max(1, r.time % 47) + (r.distance ?? 3) * ((r.pickup * r.dropoff) % 7));
  const { baseline, added, prediction } = await explain(RIDE, TYPICAL_RIDES, model(formula));
  expect(prediction).toBe(formula(RIDE));
  expect(added.reduce((sum, { minutes }) => sum + minutes, baseline)).toBeCloseTo(prediction, 9);
});

test('without a distance, no ride has one, and it is no part of its own', async () => {
  const asked: Ride[] = [];
  const { added } = await explain({ ...RIDE, distance: undefined }, TYPICAL_RIDES, {
    score: async (rides) => {
      asked.push(...rides);
      return { duration: rides.map(({ time }) => time), low: [], high: [] };
    },
  });
  expect(added.map(({ part }) => part)).toEqual(['time', 'pickup', 'dropoff']);
  expect(asked.every(({ distance }) => distance === undefined)).toBe(true);
});

test('takes one request to the API', async () => {
  let rides = 0;
  await explain(RIDE, TYPICAL_RIDES, {
    score: async (asked) => {
      rides += asked.length;
      return { duration: asked.map(() => 1), low: [], high: [] };
    },
  });
  expect(rides).toBe(991);
});

function permutations<T>(all: readonly T[]): readonly (readonly T[])[] {
  if (all.length === 0) return [[]];
  return all.flatMap((first, i) => permutations(all.toSpliced(i, 1)).map((rest) => [first, ...rest]));
}
