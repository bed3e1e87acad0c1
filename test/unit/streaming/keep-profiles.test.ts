import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { profileJson } from '#model/profile/profile-json.ts';
import { RideProfile } from '#model/profile/ride-profile.ts';
import { type HourProfile, hourText, readHourProfile } from '#streaming/hour-profile.ts';
import { KeepProfiles } from '#streaming/keep-profiles.ts';
import type { KinesisEvent } from '#streaming/kinesis-event.ts';
import type { RecordSink } from '#streaming/publish.ts';
import { scoreBatch } from '#streaming/score-batch.ts';
import { aRun } from '../../support/a-run.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { anEvent, EXAMPLE } from '../../support/kinesis-events.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const RUN = aRun('a');
const golden = {
  rides: [],
  predictions: { predicted_duration: [], interval_low: [], interval_high: [], interval80_low: [], interval80_high: [] },
  exact: [],
};

/** A function that profiles, in the minute after 2023-04-03T12:30 UTC. */
function aFunction({ everySeconds = 0, refuse = (_key: string): boolean => false } = {}) {
  const clock = new ManualClock();
  const store = new MemoryStore('data');
  const scorer = aScorer();
  const predictions: RecordSink = {
    putRecords: async (entries) => entries.map(({ partitionKey }) => (refuse(partitionKey) ? 'Throttled' : undefined)),
  };
  const profiles = new KeepProfiles({ store, taxiType: 'green', instance: 'i1', everySeconds, clock });
  const world = { run: RUN };
  const deps = {
    model: { current: async () => ({ runId: world.run, scorer, golden }) },
    modelName: 'model',
    predictions,
    quarantine: new MemoryStore(),
    profiles,
    clock,
    codeVersion: 'v1',
  };
  return {
    clock,
    store,
    world,
    run: (event: KinesisEvent, seconds = 1) => scoreBatch(event, deps, clock.now() + seconds * 1000),
    keys: () => [...store.objects.keys()],
    hours: () => [...store.objects.values()].map(read),
  };
}

function read(body: Uint8Array): HourProfile {
  const found = readHourProfile(body);
  if (found.outcome !== 'read') throw new Error(JSON.stringify(found));
  return found.value;
}

const ride = (n: number) => ({ ride: { ...EXAMPLE.ride, PULocationID: 1 + (n % 265) }, ride_id: n });
const rides = (hours: readonly HourProfile[]) => hours.map(({ profile }) => profile.rides);

describe('the profile of streamed rides', () => {
  test('is an object of the hour in which they were scored, with what was asked and answered', async () => {
    const { run, keys, hours } = aFunction();
    await run(anEvent(EXAMPLE, { ...EXAMPLE, ride: { ...EXAMPLE.ride, trip_distance: null } }, 'not JSON'));
    expect(keys()).toEqual([`profiles/taxi_type=green/dt=2023-04-03/hh=12/${RUN}-i1.json`]);
    const [found] = hours();
    expect(found).toMatchObject({ taxiType: 'green', hour: '2023-04-03T12', runId: RUN });
    const { rides: counted, columns } = profileJson(found?.profile ?? new RideProfile());
    expect(counted).toBe(2);
    expect(columns).toMatchObject({
      PULocationID: { cells: [130], counts: [2] },
      DOLocationID: { cells: [205], counts: [2] },
      trip_distance: { missing: 1, invalid: 0, counts: [1] },
      // Half past eight on a Monday in New York, since the events have no time of their own.
      hour: { cells: [8], counts: [2] },
      weekday: { cells: [0], counts: [2] },
    });
    // aScorer: 130/10 + 205/100 + 3.66 + 8/1000, and 5 miles where none are given; the interval is 4 minutes wide.
    expect((found?.profile.quantile('predicted_duration', 0) ?? 0) / 18.718).toBeCloseTo(1, 1.8);
    expect((found?.profile.quantile('predicted_duration', 1) ?? 0) / 20.058).toBeCloseTo(1, 1.8);
    expect((found?.profile.quantile('interval_width', 0.5) ?? 0) / 4).toBeCloseTo(1, 1.8);
  });

  test('grows with each batch, and has an object of its own for another hour and another run', async () => {
    const { run, clock, world, keys, hours } = aFunction();
    await run(anEvent(ride(1)));
    await run(anEvent(ride(2), ride(3)));
    expect(rides(hours())).toEqual([3]);
    world.run = aRun('b');
    await run(anEvent(ride(4)));
    world.run = RUN;
    await run(anEvent(ride(5)));
    clock.time += 3_600_000;
    await run(anEvent(ride(6)));
    expect(keys().map((key) => key.slice(39, 53))).toEqual(['hh=12/aaaaaaaa', 'hh=12/bbbbbbbb', 'hh=13/aaaaaaaa']);
    expect(rides(hours())).toEqual([4, 1, 1]);
  });

  test('is stored every so many seconds, the first time at once', async () => {
    const { run, clock, hours } = aFunction({ everySeconds: 60 });
    const seen: number[][] = [];
    for (let n = 0; n < 5; n += 1) {
      await run(anEvent(ride(n)));
      seen.push(rides(hours()));
      clock.time += 25_000;
    }
    expect(seen).toEqual([[1], [1], [1], [4], [4]]);
  });

  test('takes a pickup in 2031 without leaving the hour of the clock', async () => {
    const { run, keys } = aFunction();
    const outcome = await run(anEvent({ ...EXAMPLE, ride: { ...EXAMPLE.ride, pickup_datetime: '2031-01-01T05:00' } }));
    expect(outcome.scored).toBe(1);
    expect(keys()).toEqual([expect.stringContaining('dt=2023-04-03/hh=12')]);
  });

  test('of nothing but bad records is not stored', async () => {
    const { run, keys } = aFunction();
    await run(anEvent('not JSON'));
    expect(keys()).toEqual([]);
  });

  test('counts each ride once, however often parts of its batch are delivered again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.nat(2), { minLength: 30, maxLength: 30 }),
        fc.array(fc.nat(29), { maxLength: 5 }),
        async (size, failures, bad) => {
          const left = new Map(failures.map((times, n) => [String(n), times]));
          const { run, hours } = aFunction({
            refuse(key) {
              const times = left.get(key) ?? 0;
              left.set(key, times - 1);
              return times > 0;
            },
          });
          const values = Array.from({ length: size }, (_, n) => (bad.includes(n) ? 'not JSON' : ride(n)));
          let event = anEvent(...values);
          // As Lambda does: again from the lowest failure on. Without time to try again, each refusal is one.
          for (let deliveries = 0; event.Records.length > 0 && deliveries < 100; deliveries += 1) {
            const { response } = await run(event, 0.01);
            const failed = new Set(response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
            const first = event.Records.findIndex(({ kinesis }) => failed.has(kinesis.sequenceNumber));
            event = { Records: first < 0 ? [] : event.Records.slice(first) };
          }
          const whole = aFunction();
          await whole.run(anEvent(...values));
          const columns = (found: readonly HourProfile[]) => found.map(({ profile }) => profileJson(profile));
          expect(columns(hours())).toEqual(columns(whole.hours()));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a profile that cannot be stored', () => {
  test('fails no record, is reported, and is stored with the next batch', async () => {
    const { run, store, hours } = aFunction();
    store.before = () => {
      throw new Error('SlowDown');
    };
    const outcome = await run(anEvent(ride(1), ride(2)));
    expect(outcome).toMatchObject({ scored: 2, failed: 0, problems: [], profileProblem: 'Error: SlowDown' });
    store.before = () => {};
    expect(await run(anEvent(ride(3)))).not.toHaveProperty('profileProblem');
    expect(rides(hours())).toEqual([3]);
  });

  test('does not hold up a batch beyond its deadline', async () => {
    const { run, store } = aFunction();
    store.before = () => new Promise(() => {});
    const outcome = await run(anEvent(ride(1)), 0.05);
    expect(outcome).toMatchObject({ scored: 1, failed: 0, profileProblem: expect.stringContaining('within 50 ms') });
  });

  test('for days does not fill the memory: the last 24 hours are kept', async () => {
    const { run, store, clock, keys } = aFunction();
    store.before = () => {
      throw new Error('down');
    };
    for (let n = 0; n < 40; n += 1) {
      await run(anEvent(ride(n)));
      clock.time += 3_600_000;
    }
    store.before = () => {};
    await run(anEvent(ride(40)));
    expect(keys()).toHaveLength(24);
  });
});

describe('reading an hour', () => {
  const text = hourText({ taxiType: 'green', hour: '2023-04-03T12', runId: RUN, profile: new RideProfile() });
  const outcomeOf = (body: string) => readHourProfile(new TextEncoder().encode(body));

  test('that is empty is no problem', () => {
    expect(outcomeOf(text)).toMatchObject({ outcome: 'read', value: { hour: '2023-04-03T12' } });
  });

  test.each([
    ['of another schema version', text.replace('"schema_version":1', '"schema_version":2'), 'other-version'],
    ['cut short', text.slice(0, 100), 'damaged'],
    ['that counts more rides than its columns', text.replace('"rides":0', '"rides":1'), 'damaged'],
    ['of no run', text.replace(RUN, 'latest'), 'damaged'],
  ])('%s is an outcome', (_, body, outcome) => {
    expect(outcomeOf(body).outcome).toBe(outcome);
  });
});
