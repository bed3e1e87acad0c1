import { describe, expect, test } from 'vitest';
import { PairedErrors } from '#model/evaluation/compare.ts';
import { errorsOf, judgeSegments, type SegmentErrors, SegmentSums } from '#model/evaluation/segments.ts';
import { studentQuantile, studentWithin } from '#model/evaluation/student.ts';
import type { LabelledRides } from '#model/rides/rides.ts';

const DAY = 86_400;
const [BRONX, MANHATTAN] = [18, 4]; // Bedford Park, Alphabet City

interface PairedRide {
  readonly day: number;
  readonly zone?: number;
  readonly hour?: number;
  readonly distance?: number;
  readonly actual: number;
  readonly a: number;
  readonly b: number;
}

function measured(rides: readonly PairedRide[]): readonly SegmentErrors[] {
  const column = (of: (ride: PairedRide) => number) => Float64Array.from(rides, of);
  const labelled: LabelledRides = {
    size: rides.length,
    pickupZone: column(({ zone = MANHATTAN }) => zone),
    dropoffZone: column(() => MANHATTAN),
    distance: column(({ distance = 2 }) => distance),
    pickupTime: column(({ day, hour = 12 }) => day * DAY + hour * 3600),
    minutes: column(({ actual }) => actual),
  };
  const sums = new SegmentSums();
  const [a, b] = [column((ride) => ride.a), column((ride) => ride.b)];
  // Without a distance, a is a minute longer.
  sums.add(labelled, { given: a, withheld: a.map((minutes) => minutes + 1) }, { given: b, withheld: b });
  return sums.errors();
}

const LIMITS = { toleranceMinutes: 0.1, leastRides: 20, leastDays: 5, confidence: 0.95 };

describe("Student's t", () => {
  // Abramowitz and Stegun, "Handbook of Mathematical Functions", table 26.10.
  test.each([
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.995, 6, 3.707],
    [0.95, 7, 1.895],
    [0.995, 29, 2.756],
    [0.9995, 30, 3.646],
  ])('stays with probability %d and %d degrees of freedom below %d', (level, freedom, t) => {
    expect(studentQuantile(level, freedom)).toBeCloseTo(t, 3);
    expect((1 + studentWithin(t, freedom)) / 2).toBeCloseTo(level, 4);
  });
});

describe('segments', () => {
  const SIX = [
    { day: 1, actual: 10, a: 13, b: 10 },
    { day: 1, actual: 10, a: 14, b: 10 },
    { day: 2, actual: 10, a: 10, b: 16 },
    { day: 2, actual: 10, a: 10, b: 18 },
    { day: 2, actual: 10, a: 10, b: 10 },
    { day: 2, actual: 10, a: 15, b: 10 },
  ];

  test('have the errors and the standard error that six rides on two days give by hand', () => {
    const [manhattan] = measured(SIX);
    // Squared errors by day: a 25 and 25, b 0 and 100. The influence of the first day, and the second's is its negative:
    const [a, b] = [Math.sqrt(50 / 6), Math.sqrt(100 / 6)];
    const first = ((25 - 2 * (50 / 6)) / (2 * a) - (0 - 2 * (100 / 6)) / (2 * b)) / 6;
    expect(manhattan).toMatchObject({ grouping: 'pickup_borough', group: 'Manhattan', rows: 6, days: 2 });
    expect(manhattan?.a).toBeCloseTo(a, 12);
    expect(manhattan?.b).toBeCloseTo(b, 12);
    expect(manhattan?.rmse_difference).toBeCloseTo(a - b, 12);
    expect(manhattan?.standard_error).toBeCloseTo(2 * Math.abs(first), 12); // sqrt(2 / 1 x 2 x first^2)
  });

  test('are each ride in its borough, its hours, and once with and once without its distance', () => {
    const found = measured([
      { day: 1, zone: BRONX, hour: 7, actual: 10, a: 12, b: 10 },
      { day: 1, zone: MANHATTAN, hour: 7, actual: 10, a: 10, b: 11 },
      { day: 1, zone: MANHATTAN, hour: 23, distance: Number.NaN, actual: 10, a: 10, b: 13 },
    ]);
    const rounded = found.map(({ grouping, group, rows, a, b }) => [
      grouping,
      group,
      rows,
      a ** 2 * rows,
      b ** 2 * rows,
    ]);
    expect(rounded.map(([, , , a, b]) => [Math.round(Number(a)), Math.round(Number(b))])).toEqual([
      [0, 10], // Manhattan
      [4, 0], // Bronx
      [4, 1], // 6-10
      [0, 9], // 20-24
      [4, 1], // with a distance
      [9 + 1 + 1, 10], // without: a's errors are 3, 1 and 1
    ]);
    expect(found.map(({ grouping, group, rows }) => `${grouping} ${group}: ${rows}`)).toEqual([
      'pickup_borough Manhattan: 2',
      'pickup_borough Bronx: 1',
      'hour_band 6-10: 2',
      'hour_band 20-24: 1',
      'distance given: 2',
      'distance not given: 3',
    ]);
    expect(found.every(({ standard_error }) => standard_error === null)).toBe(true); // one day only
  });

  test('have the standard error that a bootstrap of days has', () => {
    const rides = Array.from({ length: 400 }, (_, day) => ({
      day,
      actual: 10,
      a: 10 + ((day * 7919) % 13) - 6,
      b: 10 + ((day * 104_729) % 11) - 5,
    }));
    const [segment] = measured(rides);
    const errors = new PairedErrors();
    const column = (of: (ride: (typeof rides)[number]) => number) => Float64Array.from(rides, of);
    const times = { minutes: column(({ actual }) => actual), pickupTime: column(({ day }) => day * DAY) };
    errors.add(
      times,
      column(({ a }) => a),
      column(({ b }) => b),
    );
    const [low = 0, high = 0] = errors.comparison().interval ?? [];
    expect((high - low) / (2 * 1.96) / (segment?.standard_error ?? 0)).toBeGreaterThan(0.9);
    expect((high - low) / (2 * 1.96) / (segment?.standard_error ?? 0)).toBeLessThan(1.1);
  });

  test('take days as the unit: fifty equal rides a day prove no more than one', () => {
    const once = Array.from({ length: 30 }, (_, day) => ({ day, actual: 10, a: 10 + (day % 7), b: 10 + (day % 5) }));
    const often = once.flatMap((ride) => Array.from({ length: 50 }, () => ride));
    expect(measured(often)[0]?.standard_error).toBeCloseTo(measured(once)[0]?.standard_error ?? 0, 12);
  });

  test('of models without any error have none', () => {
    expect(errorsOf([1, 2].map(() => ({ rows: 3, a: 0, b: 0 })))).toMatchObject({
      rmse_difference: 0,
      standard_error: 0,
    });
  });
});

describe('judging segments', () => {
  const segment = (changes: Partial<SegmentErrors>): SegmentErrors => ({
    grouping: 'pickup_borough',
    group: 'Bronx',
    rows: 1400,
    days: 30,
    a: 6,
    b: 5,
    rmse_difference: 1,
    standard_error: 0.2,
    ...changes,
  });

  test('puts the bound where the table of t has it', () => {
    // One segment of 30 days at 95%: t(0.95, 29) = 1.699 (Abramowitz and Stegun, table 26.10).
    const [judged] = judgeSegments([segment({})], LIMITS);
    expect(judged?.low).toBeCloseTo(1 - 1.699 * 0.2, 3);
    expect(judged?.verdict).toBe('worse');
  });

  test('shares the error rate among the segments that are judged, and only those', () => {
    // Ten at 95%: t(0.995, 29) = 2.756. The eleventh has too few rides to be judged.
    const ten = Array.from({ length: 10 }, () => segment({}));
    const judged = judgeSegments([...ten, segment({ rows: 19 })], LIMITS);
    expect(judged[0]?.low).toBeCloseTo(1 - 2.756 * 0.2, 3);
    expect(judged.at(-1)).toMatchObject({ low: null, verdict: 'not-enough-data' });
  });

  test.each([
    ['a bound just above the tolerance', { standard_error: 0.5 }, 'worse'], // 1 - 1.699 x 0.5 = 0.15
    ['one just below it', { standard_error: 0.55 }, 'not-worse'], // 0.07
    ['a large difference that may be chance', { rmse_difference: 3, standard_error: 2 }, 'not-worse'],
    ['a better challenger', { rmse_difference: -1 }, 'not-worse'],
    ['too few days', { days: 4 }, 'not-enough-data'],
    ['a single day', { days: 1, standard_error: null }, 'not-enough-data'],
  ] as const)('%s: %j is %s', (_, changes, verdict) => {
    expect(judgeSegments([segment(changes)], LIMITS)[0]?.verdict).toBe(verdict);
  });
});
