import { describe, expect, test } from 'vitest';
import { uniform } from '#model/evaluation/resampling.ts';
import { type LabelledDay, testHarm } from '#monitoring/statistics/harm.ts';

const LIMITS = { reference: 4, tolerance: 0.1, significance: 0.05, leastRides: 100 };
const day = (meanAbsoluteError: number, rides = 2000): LabelledDay => ({ rides, meanAbsoluteError });
const days = (...errors: readonly number[]) => errors.map((error) => day(error));

/** Errors of a quarter that differ from day to day by up to a fifth, with weekends that are easier. */
function quarter(mean: number, seed: number): readonly LabelledDay[] {
  const random = uniform(seed);
  return Array.from({ length: 90 }, () => day(mean * (0.8 + 0.4 * random())));
}

describe('a test of harm', () => {
  test('by hand: an error that doubles the limit', () => {
    // A stake c multiplies its half of the wealth by 1 + c each day. After n days the wealth is (1.5^n + 2^n) / 2:
    // 1.75, 3.13, 5.69, 10.5, 19.8, 37.7: above 20 first on the sixth.
    const verdict = testHarm(days(...new Array<number>(10).fill(8.8)), LIMITS);
    expect(verdict).toMatchObject({ verdict: 'harm', since: 5, days: 10, error: expect.closeTo(8.8, 12) });
    expect(verdict).toMatchObject({ limit: expect.closeTo(4.4, 12) });
  });

  test('an error within the tolerance is none, however long it lasts', () => {
    expect(testHarm(days(...new Array<number>(1000).fill(4.39)), LIMITS)).toMatchObject({ verdict: 'no-harm' });
  });

  test('durations that are 1.3 times as long: alarm within weeks, and the bound says by how much', () => {
    // An error of 3.7 minutes becomes one of about 5.4 (measured on 2023-04 with the champion).
    const shifted = [...quarter(3.7, 1).slice(0, 30), ...quarter(5.4, 2).slice(0, 60)];
    const found = testHarm(shifted.slice(30), { ...LIMITS, reference: 3.7 });
    expect(found).toMatchObject({ verdict: 'harm' });
    expect(found.verdict === 'harm' && found.since).toBeLessThan(21);
    expect(found.verdict === 'harm' && found.low).toBeGreaterThan(3.7 * 1.1);
    expect(found.verdict === 'harm' && found.low).toBeLessThan(5.4);
  });

  test('looked at every day of a quarter, at the very limit, it alarms falsely in at most 5 of 100 quarters', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 1000; seed += 1) {
      if (testHarm(quarter(4.4, seed), LIMITS).verdict === 'harm') alarms += 1;
    }
    expect(alarms).toBeLessThanOrEqual(50);
  });

  test('the lower bound is below the true mean in 95 of 100 quarters, and comes near it', () => {
    const lows = Array.from({ length: 200 }, (_, seed) => testHarm(quarter(5, seed), LIMITS)).map((verdict) =>
      verdict.verdict === 'not-enough-data' ? 0 : verdict.low,
    );
    expect(lows.filter((low) => low > 5).length).toBeLessThanOrEqual(10);
    expect(lows.reduce((sum, low) => sum + low, 0) / lows.length).toBeGreaterThan(4.5);
  });

  test('days with few rides do not count', () => {
    expect(testHarm([day(9), day(9), day(9, 99)], LIMITS)).toEqual({ verdict: 'not-enough-data', days: 2 });
    const found = testHarm([day(50, 3), ...days(...new Array<number>(10).fill(8.8))], LIMITS);
    expect(found).toMatchObject({ verdict: 'harm', since: 6, days: 10 });
  });

  test('no days', () => {
    expect(testHarm([], LIMITS)).toEqual({ verdict: 'not-enough-data', days: 0 });
  });

  test('errors of zero', () => {
    expect(testHarm(days(0, 0, 0), LIMITS)).toMatchObject({ verdict: 'no-harm', error: 0, low: 0 });
  });
});
