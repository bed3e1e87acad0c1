import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PairedErrors } from '#model/evaluation/compare.ts';

const DAY = 86_400;

interface PairedRide {
  readonly day: number;
  readonly actual: number;
  readonly a: number;
  readonly b: number;
}

function compared(rides: readonly PairedRide[]) {
  const column = (of: (ride: PairedRide) => number) => Float64Array.from(rides, of);
  const errors = new PairedErrors();
  const measured = { minutes: column(({ actual }) => actual), pickupTime: column(({ day }) => day * DAY + 3600) };
  errors.add(
    measured,
    column(({ a }) => a),
    column(({ b }) => b),
  );
  return errors.comparison();
}

describe('a comparison of two models', () => {
  test('of six rides on two days is as worked out by hand', () => {
    // errors of a: 3, 4 | 0, 0, 0, 5; of b: 0, 0 | 6, 8, 0, 0
    const { rows, days, a, b, rmse_difference, interval } = compared([
      { day: 1, actual: 10, a: 13, b: 10 },
      { day: 1, actual: 10, a: 14, b: 10 },
      { day: 2, actual: 10, a: 10, b: 16 },
      { day: 2, actual: 10, a: 10, b: 18 },
      { day: 2, actual: 10, a: 10, b: 10 },
      { day: 2, actual: 10, a: 15, b: 10 },
    ]);
    expect({ rows, days }).toEqual({ rows: 6, days: 2 });
    expect(a).toEqual({ rmse: Math.sqrt(50 / 6), mae: 2 });
    expect(b).toEqual({ rmse: Math.sqrt(100 / 6), mae: 14 / 6 });
    expect(rmse_difference).toBeCloseTo(Math.sqrt(50 / 6) - Math.sqrt(100 / 6), 12);
    // Two days drawn of two: the first twice, both, the second twice (a quarter, a half and a quarter of all draws), so
    // that the outermost 2.5% on either side are days drawn twice.
    expect(interval?.[0]).toBeCloseTo(Math.sqrt(25 / 4) - Math.sqrt(100 / 4), 12);
    expect(interval?.[1]).toBeCloseTo(Math.sqrt(25 / 2) - 0, 12);
  });

  test('has no interval when all rides are of one day', () => {
    expect(compared([{ day: 1, actual: 1, a: 2, b: 3 }]).interval).toBeNull();
  });

  test('draws days, not rides: rides that are the same within each day leave it as unsure as one ride a day', () => {
    const once = Array.from({ length: 30 }, (_, day) => ({ day, actual: 10, a: 10 + (day % 7), b: 10 + (day % 5) }));
    const often = once.flatMap((ride) => Array.from({ length: 50 }, () => ride));
    const [few, many] = [compared(once), compared(often)];
    expect(many.interval?.[0]).toBeCloseTo(few.interval?.[0] ?? 0, 9);
    expect(many.interval?.[1]).toBeCloseTo(few.interval?.[1] ?? 0, 9);
  });

  test('covers the standard error that many days must have', () => {
    // Squared errors of a and b of one ride a day: their difference's standard error by the delta method.
    const rides = Array.from({ length: 400 }, (_, day) => ({
      day,
      actual: 10,
      a: 10 + ((day * 7919) % 13) - 6,
      b: 10 + ((day * 104_729) % 11) - 5,
    }));
    const found = compared(rides);
    const slopes = rides.map(({ a, b }) => (a - 10) ** 2 / (2 * found.a.rmse) - (b - 10) ** 2 / (2 * found.b.rmse));
    const mean = slopes.reduce((sum, each) => sum + each, 0) / slopes.length;
    const error = Math.sqrt(slopes.reduce((sum, each) => sum + (each - mean) ** 2, 0)) / slopes.length;
    const [low = 0, high = 0] = found.interval ?? [];
    expect((high - low) / (2 * 1.96 * error)).toBeGreaterThan(0.9);
    expect((high - low) / (2 * 1.96 * error)).toBeLessThan(1.1);
  });

  const minutes = fc.double({ min: 1, max: 60, noNaN: true });
  const rides = fc.array(fc.record({ day: fc.integer({ min: 0, max: 9 }), actual: minutes, a: minutes, b: minutes }), {
    minLength: 1,
    maxLength: 60,
  });

  test('is mirrored when the models change places', () => {
    fc.assert(
      fc.property(rides, (some) => {
        const one = compared(some);
        const other = compared(some.map(({ a, b, ...ride }) => ({ ...ride, a: b, b: a })));
        expect(other.rmse_difference).toBeCloseTo(-one.rmse_difference, 9);
        expect(other.interval?.[0] ?? 0).toBeCloseTo(-(one.interval?.[1] ?? 0), 9);
        expect(other.interval?.[1] ?? 0).toBeCloseTo(-(one.interval?.[0] ?? 0), 9);
      }),
      { numRuns: 30 },
    );
  });

  test('finds no difference at all between a model and itself', () => {
    fc.assert(
      fc.property(rides, (some) => {
        const { rmse_difference, interval } = compared(some.map((ride) => ({ ...ride, b: ride.a })));
        expect(rmse_difference).toBe(0);
        expect(interval ?? [0, 0]).toEqual([0, 0]);
      }),
      { numRuns: 30 },
    );
  });

  test('does not depend on the order of the rides', () => {
    fc.assert(
      fc.property(rides, (some) => {
        const one = compared(some);
        const other = compared(some.toReversed());
        expect(other.rmse_difference).toBeCloseTo(one.rmse_difference, 9);
        expect(other.interval?.[0] ?? 0).toBeCloseTo(one.interval?.[0] ?? 0, 9);
      }),
      { numRuns: 30 },
    );
  });
});
