import { describe, expect, test } from 'vitest';
import { PROFILE_VERSION } from '#model/profile/profile-json.ts';
import { RideProfile } from '#model/profile/ride-profile.ts';
import { TrainingProfile } from '#model/profile/training-profile.ts';
import { trailingHours } from '#monitoring/profile/read-hours.ts';
import { type StreamDrift, streamDrift } from '#monitoring/profile/stream-drift.ts';
import { dataKeys } from '#storage/layout.ts';
import { type HourProfile, hourText } from '#streaming/hour-profile.ts';
import { aRun } from '../../../support/a-run.ts';
import { MemoryStore } from '../../../support/memory-store.ts';
import { MONDAY, type ProfiledRide, profileOf, RIDE } from '../../../support/ride-profiles.ts';

const [RUN, OTHER] = [aRun('a'), aRun('b')];
const DAY = 86_400;
const LIMITS = { effect: 0.1, significance: 0.05, leastRides: 500, days: 7 };

/** A day of 100 rides, half from zone 1 and half from zone 2, changed as asked. */
const aDay = (day: number, change: Partial<ProfiledRide> = {}) =>
  profileOf(
    Array.from({ length: 100 }, (_, i) => ({ ...RIDE, pickup: 1 + (i % 2), time: MONDAY + day * DAY, ...change })),
  );

/** A day on which so many of 100 rides are from zone 1, and the others from zone 2. */
const dayWithShare = (day: number, fromOne: number) =>
  profileOf(
    Array.from({ length: 100 }, (_, i) => ({ ...RIDE, pickup: i < fromOne ? 1 : 2, time: MONDAY + day * DAY })),
  );

const weekWithShare = (fromOne: number) =>
  Array.from({ length: 7 }, (_, day) => anHour(dayWithShare(28 + day, fromOne), { hour: `2023-05-0${1 + day}T12` }));

/** Three weeks of such days. */
function training(): TrainingProfile {
  const profile = new TrainingProfile();
  for (let day = 0; day < 21; day += 1) profile.addDay(Math.floor(MONDAY / DAY) + day, aDay(day));
  return profile;
}

const anHour = (profile: RideProfile, changes: Partial<HourProfile> = {}): HourProfile => ({
  taxiType: 'green',
  hour: '2023-05-01T12',
  runId: RUN,
  profile,
  ...changes,
});

const aWeek = (change: Partial<ProfiledRide> = {}) =>
  Array.from({ length: 7 }, (_, day) => anHour(aDay(28 + day, change), { hour: `2023-05-0${1 + day}T12` }));

const judge = (hours: readonly HourProfile[], limits = LIMITS) =>
  streamDrift({ runId: RUN, profile: training() }, hours, limits);
const columnOf = ({ columns }: StreamDrift, name: string) => columns.find(({ column }) => column === name);

describe('the drift of a stream', () => {
  test('is none when its rides are those of the training', () => {
    const found = judge(aWeek());
    expect(found).toMatchObject({ verdict: 'steady', reason: null, rides: 700, rides_of_run: 700, hours: 7 });
    expect(found.columns.map(({ column }) => column)).toEqual([
      'predicted_duration',
      'interval_width',
      'trip_distance',
      'PULocationID',
      'DOLocationID',
      'hour',
    ]);
    expect(found.columns.map(({ score }) => score)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('is the Jensen-Shannon distance of codes, when no two days differ', () => {
    // Shares (1/2, 1/2) and (1, 0) with the middle (3/4, 1/4): the root of 0.21576.
    const found = judge(aWeek({ pickup: 1 }));
    expect(found.verdict).toBe('drifted');
    expect(columnOf(found, 'PULocationID')).toMatchObject({
      drifted: true,
      method: 'Jensen-Shannon effect',
      score: expect.closeTo(0.4645, 4),
      p: 6 / 300,
    });
    expect(found.columns.filter(({ drifted }) => drifted)).toHaveLength(1);
  });

  test('is steady below the effect that matters, however sure it is', () => {
    // No two days of the training differ. Shares (1/2, 1/2) and (0.55, 0.45): the root of 0.0012537.
    const found = judge(weekWithShare(55));
    expect(columnOf(found, 'PULocationID')).toMatchObject({ score: expect.closeTo(0.03541, 5), drifted: false });
    expect(found.verdict).toBe('steady');
  });

  test('is less than the distance where ordinary weeks differ, too', () => {
    const profile = new TrainingProfile();
    for (let day = 0; day < 21; day += 1) {
      profile.addDay(Math.floor(MONDAY / DAY) + day, dayWithShare(day, 30 + 20 * (day % 3)));
    }
    // Of all training rides, half are from zone 1. Shares (1/2, 1/2) and (0.3, 0.7): the root of 0.020847.
    const { score = null } =
      columnOf(streamDrift({ runId: RUN, profile }, weekWithShare(30), LIMITS), 'PULocationID') ?? {};
    expect(score).toBeLessThan(Math.sqrt(0.020847) - 0.001);
    expect(score).toBeGreaterThan(0.1);
  });

  test('takes a level that the training never had', () => {
    // Nothing in common: the root of ln 2.
    expect(columnOf(judge(aWeek({ dropoff: 7 })), 'DOLocationID')?.score).toBeCloseTo(Math.sqrt(Math.LN2), 6);
  });

  test('does not mind a week with other shares of its weekdays', () => {
    const sundays = profileOf(
      Array.from({ length: 900 }, (_, i) => ({ ...RIDE, pickup: 1 + (i % 2), time: MONDAY + 34 * DAY })),
    );
    expect(judge([...aWeek(), anHour(sundays)])).toMatchObject({ verdict: 'steady', rides: 1600 });
  });

  test("compares predictions with the run's own alone, and rides with all", () => {
    const hours = aWeek({ minutes: 40 }).map((hour) => ({ ...hour, runId: OTHER }));
    const found = judge([...aWeek(), ...hours]);
    expect(found).toMatchObject({ verdict: 'steady', rides: 1400, rides_of_run: 700 });
    expect(judge(hours)).toMatchObject({ verdict: 'steady', rides_of_run: 0 });
    expect(columnOf(judge(hours), 'predicted_duration')?.verdict).toBe('not-enough-data');
  });

  test('says the same each time', () => {
    expect(judge(aWeek({ pickup: 1 }))).toEqual(judge(aWeek({ pickup: 1 })));
  });
});

describe('not enough data', () => {
  test.each<[string, readonly HourProfile[], string]>([
    ['no hour at all', [], '0 rides; at least 500 are needed'],
    ['an empty profile', [anHour(new RideProfile())], '0 rides; at least 500 are needed'],
    ['one hour', [anHour(aDay(0))], '100 rides; at least 500 are needed'],
    ['six weekdays', aWeek().slice(1), 'the stream or the training rides lack a weekday'],
    ['no ride with a pickup time', aWeek({ time: -1 }), 'the stream or the training rides lack a weekday'],
  ])('of %s is the verdict, with the reason, in valid JSON', (_, hours, reason) => {
    const found = judge(hours);
    expect(found).toMatchObject({ verdict: 'not-enough-data', reason });
    expect(JSON.parse(JSON.stringify(found))).toEqual(found); // NaN would come back as null
  });

  test('of one column leaves the verdict to the others', () => {
    const found = judge(aWeek({ miles: Number.NaN }));
    expect(found.verdict).toBe('steady');
    expect(columnOf(found, 'trip_distance')).toMatchObject({
      verdict: 'not-enough-data',
      score: null,
      p: null,
      missing: { reference: 0, current: 1 },
      median: { reference: expect.closeTo(3.66, 1), current: null },
    });
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  test('in training rides of three weeks gives no verdict on three weeks', () => {
    expect(judge(aWeek(), { ...LIMITS, days: 21 }).verdict).toBe('not-enough-data');
  });
});

describe('the trailing hours', () => {
  const NOW = new Date('2023-05-08T12:30:00Z');
  const keyAt = (time: string) => dataKeys.profile('green', new Date(time), `${RUN}-i`);

  async function read(objects: Readonly<Record<string, string>>) {
    const store = new MemoryStore('data');
    for (const [key, text] of Object.entries(objects)) await store.put(key, text);
    return trailingHours(store, 'green', { now: NOW, days: 7 });
  }

  test('are 168, whatever else a clock that jumped has left', async () => {
    const times = ['2023-05-01T12', '2023-05-01T13', '2023-05-08T12', '2023-05-08T13', '2031-01-01T00'];
    const { hours, leftOut } = await read(
      Object.fromEntries(times.map((hour) => [keyAt(`${hour}:00:00Z`), hourText(anHour(aDay(0), { hour }))])),
    );
    expect(hours.map(({ hour }) => hour).sort()).toEqual(['2023-05-01T13', '2023-05-08T12']);
    expect(leftOut).toEqual([]);
  });

  test('leave out what another version wrote and what is damaged, and say so', async () => {
    const text = hourText(anHour(aDay(0)));
    const { hours, leftOut } = await read({
      [keyAt('2023-05-07T10:00:00Z')]: text,
      [keyAt('2023-05-07T11:00:00Z')]: text.replace(`"schema_version":${PROFILE_VERSION}`, '"schema_version":9'),
      [keyAt('2023-05-07T12:00:00Z')]: text.slice(0, 50),
    });
    expect(hours).toHaveLength(1);
    expect(leftOut).toEqual([
      expect.stringMatching(/dt=2023-05-07\/hh=11.*: schema version 9/),
      expect.stringMatching(/hh=12.*JSON/),
    ]);
  });
});
