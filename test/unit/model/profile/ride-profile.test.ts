import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COLUMN_NAMES, type ColumnName } from '#model/profile/columns.ts';
import { cellOfNumber, NUMBER_CELLS, numberOfCell, RELATIVE_ERROR } from '#model/profile/number-cells.ts';
import { profileField, profileJson } from '#model/profile/profile-json.ts';
import { RideProfile } from '#model/profile/ride-profile.ts';
import { MONDAY, type ProfiledRide, profileOf, RIDE } from '../../../support/ride-profiles.ts';

/** What it counts, as JSON, so that two can be compared. */
const said = (profile: RideProfile) => JSON.stringify(profileJson(profile));

const number = fc.oneof(fc.float({ noNaN: false }), fc.float({ min: 0, max: 60, noNaN: true }), fc.constant(0));
const zone = fc.oneof(fc.integer({ min: -2, max: 300 }), fc.integer({ min: 1, max: 265 }));
const ride: fc.Arbitrary<ProfiledRide> = fc.record({
  pickup: zone,
  dropoff: zone,
  miles: number,
  time: fc.oneof(fc.integer({ min: -2, max: 4e9 }), fc.constant(-1), fc.integer({ min: 2e9, max: 250e9 })),
  minutes: number,
  width: number,
});
const rides = fc.array(ride, { maxLength: 60 });

describe('a profile', () => {
  test('counts each column of a ride', () => {
    const profile = profileOf([RIDE, RIDE, { ...RIDE, pickup: 7, time: MONDAY + 6 * 86_400 + 3600 }]);
    const { columns, rides } = profileJson(profile);
    expect(rides).toBe(3);
    expect(columns.PULocationID).toEqual({ missing: 0, invalid: 0, cells: [7, 130], counts: [1, 2] });
    expect(columns.DOLocationID).toEqual({ missing: 0, invalid: 0, cells: [205], counts: [3] });
    expect(columns.hour).toEqual({ missing: 0, invalid: 0, cells: [8, 9], counts: [2, 1] });
    expect(columns.weekday).toEqual({ missing: 0, invalid: 0, cells: [0, 6], counts: [2, 1] });
    for (const [column, value] of [
      ['predicted_duration', 15.1],
      ['interval_width', 10],
      ['trip_distance', 3.66],
    ] as const) {
      const found = profile.quantile(column, 0.5) ?? 0;
      expect(Math.abs(found - value) / value).toBeLessThanOrEqual(RELATIVE_ERROR);
    }
  });

  test.each<[string, Partial<ProfiledRide>, ColumnName, 'missing' | 'invalid']>([
    ['no distance', { miles: Number.NaN }, 'trip_distance', 'missing'],
    ['a negative distance', { miles: -1 }, 'trip_distance', 'invalid'],
    ['an infinite prediction', { minutes: Number.POSITIVE_INFINITY }, 'predicted_duration', 'invalid'],
    ['a negative prediction', { minutes: -0.5 }, 'predicted_duration', 'invalid'],
    ['no pickup zone', { pickup: -1 }, 'PULocationID', 'missing'],
    ['a zone nobody knows', { dropoff: 266 }, 'DOLocationID', 'invalid'],
    ['no pickup time', { time: -1 }, 'hour', 'missing'],
    ['a time before 1970', { time: -7200 }, 'weekday', 'invalid'],
  ])('counts %s apart', (_, change, column, as) => {
    const counted = profileJson(profileOf([{ ...RIDE, ...change }])).columns[column];
    expect(counted).toEqual({ missing: 0, invalid: 0, cells: [], counts: [], [as]: 1 });
  });

  test('takes a pickup in 2031, or in 9999, as any other', () => {
    // 2031-01-01 is a Wednesday; 9999-12-31 is a Friday.
    const far = profileOf([
      { ...RIDE, time: Date.UTC(2031, 0, 1, 5) / 1000 },
      { ...RIDE, time: Date.UTC(9999, 11, 31, 23) / 1000 },
    ]);
    expect(profileJson(far).columns.hour.cells).toEqual([5, 23]);
    expect(profileJson(far).columns.weekday.cells).toEqual([2, 4]);
  });

  test('of all rides is the merge of the profiles of any parts, exactly', () => {
    fc.assert(
      fc.property(rides, rides, (a, b) => {
        expect(said(RideProfile.merged([profileOf(a), profileOf(b)]))).toBe(said(profileOf([...a, ...b])));
      }),
    );
  });

  test('merges in any order and in any grouping', () => {
    fc.assert(
      fc.property(rides, rides, rides, (...parts) => {
        const [a, b, c] = parts.map(profileOf) as [RideProfile, RideProfile, RideProfile];
        const left = said(RideProfile.merged([RideProfile.merged([a, b]), c]));
        expect(said(RideProfile.merged([a, RideProfile.merged([b, c])]))).toBe(left);
        expect(said(RideProfile.merged([c, b, a]))).toBe(left);
      }),
    );
  });

  test('survives JSON', () => {
    fc.assert(
      fc.property(rides, (given) => {
        const json = said(profileOf(given));
        expect(said(profileField.parse(JSON.parse(json)))).toBe(json);
      }),
    );
  });

  test('that is empty has no quantile and merges into any other', () => {
    const empty = new RideProfile();
    expect(empty.quantile('trip_distance', 0.5)).toBeUndefined();
    expect(said(RideProfile.merged([empty, profileOf([RIDE])]))).toBe(said(profileOf([RIDE])));
    expect(said(profileField.parse(JSON.parse(said(empty))))).toBe(said(empty));
  });

  test('with a ride in every cell, a billion in all, is at most 90 KB of JSON', () => {
    const full = Object.fromEntries(
      COLUMN_NAMES.map((name) => {
        const counts = new RideProfile().column(name).counts.slice().fill(1);
        counts[0] = 1e9 - counts.length + 1;
        return [name, { missing: 0, invalid: 0, counts }];
      }),
    );
    const profile = RideProfile.of(1e9, full as Parameters<typeof RideProfile.of>[1]);
    expect(said(profile).length).toBeLessThanOrEqual(90_000);
    expect(profileField.parse(JSON.parse(said(profile))).rides).toBe(1e9);
  });
});

describe('the quantile sketch', () => {
  test('gives every quantile within 1/129 of the exact one', () => {
    const values = fc.array(fc.float({ min: Math.fround(1 / 128), max: 1e6, noNaN: true }), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (miles, share) => {
        const profile = profileOf(miles.map((each) => ({ ...RIDE, miles: each })));
        const exact = Float32Array.from(miles).sort()[Math.floor(share * (miles.length - 1))] ?? Number.NaN;
        const found = profile.quantile('trip_distance', share) ?? Number.NaN;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(RELATIVE_ERROR * exact * (1 + 1e-12));
      }),
      { numRuns: 500 },
    );
  });

  test('reaches its guarantee: no smaller one would hold', () => {
    // The cell of 1 ends below 1 + 1/64.
    expect(Math.abs(numberOfCell(cellOfNumber(1)) - 1)).toBeCloseTo(RELATIVE_ERROR, 12);
  });

  test('has cells that ascend, from 0 to beyond any distance', () => {
    expect([cellOfNumber(0), cellOfNumber(0.007), cellOfNumber(1 / 128)]).toEqual([0, 0, 1]);
    expect(cellOfNumber(1e6)).toBeLessThan(NUMBER_CELLS - 1);
    expect(cellOfNumber(3e38)).toBe(NUMBER_CELLS - 1);
    for (let cell = 0; cell < NUMBER_CELLS; cell += 1) expect(cellOfNumber(numberOfCell(cell))).toBe(cell);
  });
});
