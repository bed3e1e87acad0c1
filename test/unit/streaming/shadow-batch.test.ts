import { describe, expect, test } from 'vitest';
import { RideBatch } from '#model/rides/ride-batch.ts';
import type { ModelSource } from '#registry/model-source.ts';
import { parseKinesisEvent } from '#streaming/kinesis-event.ts';
import { predictionRecordSchema } from '#streaming/prediction-record.ts';
import type { RecordSink } from '#streaming/publish.ts';
import { scoreBatch } from '#streaming/score-batch.ts';
import type { ShadowOutcome, ShadowSource } from '#streaming/shadow-batch.ts';
import { addUp, readShadowLine, SHADOW_LINE, shadowLine } from '#streaming/shadow-line.ts';
import { aRun } from '../../support/a-run.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { anEvent, EXAMPLE } from '../../support/kinesis-events.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const GOLDEN = {
  rides: [],
  predictions: { predicted_duration: [], interval_low: [], interval_high: [], interval80_low: [], interval80_high: [] },
  exact: [],
};
const [CHAMPION, SHADOW] = [aRun('a'), aRun('b')];

const ready = (shift: number): ShadowSource => ({
  isRunning: () => true,
  current: async () => ({ kind: 'ready', model: { runId: SHADOW, scorer: aScorer({ shift }), golden: GOLDEN } }),
});

/** From 130 (Queens) and from 4 (Manhattan), at half past eight, one of them without a distance. */
const RIDES = [
  EXAMPLE,
  { ride: { ...EXAMPLE.ride, PULocationID: 4 }, ride_id: 'two' },
  { ride: { ...EXAMPLE.ride, PULocationID: 4, trip_distance: null }, ride_id: 'three' },
];

/** A function whose champion has no shift, and which gets these records. */
function aFunction(shadow?: ShadowSource, records: readonly unknown[] = RIDES) {
  const lines: string[] = [];
  const order: string[] = [];
  const predictions: RecordSink = {
    putRecords: async (entries) =>
      entries.map(({ data }) => {
        lines.push(new TextDecoder().decode(data));
        order.push('published');
        return undefined;
      }),
  };
  const model: ModelSource = { current: async () => ({ runId: CHAMPION, scorer: aScorer(), golden: GOLDEN }) };
  const clock = new ManualClock();
  const run = ({ seconds = 10, isBucketDown = false } = {}) => {
    const quarantine = new MemoryStore();
    if (isBucketDown) quarantine.before = () => Promise.reject(new Error('S3 is down'));
    return scoreBatch(
      parseKinesisEvent(anEvent(...records)),
      { model, modelName: 'm', predictions, quarantine, clock, codeVersion: 'v', shadow },
      clock.now() + seconds * 1000,
    );
  };
  const published = () => lines.map((line) => predictionRecordSchema.parse(JSON.parse(line)));
  return { run, published, order };
}

const without = (outcome: Awaited<ReturnType<ReturnType<typeof aFunction>['run']>>) => {
  const { shadow: _, scoreMilliseconds: __, publishMilliseconds: ___, ...rest } = outcome;
  return rest;
};

describe('a batch with a shadow', () => {
  test("publishes the champion's answers only, and counts how far the shadow's are from them", async () => {
    const alone = aFunction();
    const expected = without(await alone.run());
    const { run, published } = aFunction(ready(1.5));
    const outcome = await run();
    expect(without(outcome)).toEqual(expected);
    expect(published()).toEqual(alone.published());
    expect(published().map(({ version }) => version)).toEqual([CHAMPION, CHAMPION, CHAMPION]);
    const one = { difference: expect.closeTo(1.5, 5), absolute: expect.closeTo(1.5, 5), over_a_minute: 1, rides: 1 };
    const two = { difference: expect.closeTo(3, 5), absolute: expect.closeTo(3, 5), over_a_minute: 2, rides: 2 };
    expect(outcome.shadow).toMatchObject({
      kind: 'compared',
      runId: SHADOW,
      against: CHAMPION,
      all: { rides: 3, difference: expect.closeTo(4.5, 5), over_a_minute: 3, largest: expect.closeTo(1.5, 5) },
      groups: [
        { grouping: 'pickup_borough', group: 'Manhattan', ...two },
        { grouping: 'pickup_borough', group: 'Queens', ...one },
        { grouping: 'hour_band', group: '6-10', rides: 3 },
        { grouping: 'distance', group: 'given', ...two },
        { grouping: 'distance', group: 'not given', ...one },
      ],
    });
  });

  test('counts differences in both directions, and those over a minute', async () => {
    const { shadow } = await aFunction(ready(-0.75)).run();
    expect(shadow).toMatchObject({
      all: { rides: 3, difference: expect.closeTo(-2.25, 5), absolute: expect.closeTo(2.25, 5), over_a_minute: 0 },
    });
  });

  test('asks the shadow last: the answers are out by then', async () => {
    const order: string[] = [];
    const asked: ShadowSource = {
      isRunning: () => false,
      current: async () => {
        order.push('asked');
        return { kind: 'none' };
      },
    };
    const { run, order: published } = aFunction(asked);
    const outcome = await run();
    expect(outcome.shadow).toBeUndefined();
    expect([...published, ...order]).toEqual(['published', 'published', 'published', 'asked']);
  });

  test('counts no ride that will be delivered again', async () => {
    // The record after the first ride is owed, since its bucket is down: Lambda delivers from there on again.
    const { run } = aFunction(ready(1.5), [EXAMPLE, 'not JSON', ...RIDES]);
    const outcome = await run({ isBucketDown: true });
    expect(outcome).toMatchObject({ scored: 4, failed: 1, shadow: { kind: 'compared', all: { rides: 1 } } });
  });

  const failing = (scorer: Partial<ReturnType<typeof aScorer>>): ShadowSource => ({
    isRunning: () => true,
    current: async () => ({
      kind: 'ready',
      model: { runId: SHADOW, scorer: { ...aScorer(), ...scorer }, golden: GOLDEN },
    }),
  });

  test.each([
    [
      'cannot be loaded',
      {
        isRunning: () => true,
        current: async () => ({ kind: 'broken', runId: SHADOW, error: new Error('no model') }) as const,
      },
      'Error: no model',
      SHADOW,
    ],
    ['fails', failing({ score: () => Promise.reject(new Error('broken graph')) }), 'Error: broken graph', SHADOW],
    [
      'throws where it should not',
      { isRunning: () => true, current: () => Promise.reject(new Error('a bug')) },
      'Error: a bug',
      undefined,
    ],
    [
      'answers too few rides',
      failing({ score: () => aScorer().score(new RideBatch(0)) }),
      'the shadow gave answers that are not numbers',
      SHADOW,
    ],
  ])('is answered as ever when the shadow %s, and the failure is counted', async (_, shadow, problem, runId) => {
    const alone = aFunction();
    const expected = without(await alone.run());
    const { run, published } = aFunction(shadow);
    const outcome = await run();
    expect(without(outcome)).toEqual(expected);
    expect(published()).toEqual(alone.published());
    expect(outcome.shadow).toMatchObject({
      kind: 'failed',
      rides: 3,
      problem,
    });
    if (outcome.shadow?.kind === 'failed') expect(outcome.shadow.runId).toBe(runId);
  });

  test('does not wait for a shadow beyond its deadline', async () => {
    const never = failing({ score: () => new Promise(() => {}) });
    const outcome = await aFunction(never).run({ seconds: 1.2 });
    expect(outcome).toMatchObject({
      scored: 3,
      failed: 0,
      shadow: { kind: 'failed', problem: 'the shadow was not done in time' },
    });
  });

  test('leaves the shadow out when no time is left', async () => {
    const outcome = await aFunction(ready(1)).run({ seconds: 0.5 });
    expect(outcome).toMatchObject({
      scored: 3,
      shadow: { kind: 'failed', problem: 'no time was left for the shadow' },
    });
  });

  test('counts nothing as failed when no shadow is set, however late it is', async () => {
    const none: ShadowSource = { isRunning: () => false, current: () => new Promise(() => {}) };
    for (const seconds of [0.5, 1.2]) expect((await aFunction(none).run({ seconds })).shadow).toBeUndefined();
  });
});

describe("the log's lines of a shadow", () => {
  const compared = async (shift: number): Promise<ShadowOutcome> => {
    const { shadow } = await aFunction(ready(shift)).run();
    if (shadow === undefined) throw new Error('Nothing was compared.');
    return shadow;
  };
  /** As the metrics' library logs them. */
  const logged = (outcome: ShadowOutcome) =>
    JSON.stringify({ _aws: {}, [SHADOW_LINE]: shadowLine(outcome), RecordsIn: 3 });

  test('add up to what all batches had, group by group', async () => {
    const lines = [
      logged(await compared(1.5)),
      'START RequestId: 1',
      '{"message":"shadow"}',
      logged(await compared(-0.5)),
    ];
    const outcomes = lines.flatMap((line) => readShadowLine(line) ?? []);
    expect(outcomes).toHaveLength(2);
    const sums = addUp(outcomes, SHADOW, CHAMPION);
    expect(sums).toMatchObject({
      batches: 2,
      all: {
        rides: 6,
        difference: expect.closeTo(3, 5),
        absolute: expect.closeTo(6, 5),
        over_a_minute: 3,
        largest: expect.closeTo(1.5, 5),
      },
      failed: 0,
    });
    expect(sums.groups[0]).toEqual({
      grouping: 'pickup_borough',
      group: 'Manhattan',
      rides: 4,
      difference: expect.closeTo(2, 5),
      absolute: expect.closeTo(4, 5),
      over_a_minute: 2,
      largest: expect.closeTo(1.5, 5),
    });
  });

  test('of another shadow, or against another champion, are left out', async () => {
    const outcome = await compared(1.5);
    expect(addUp([outcome], aRun('c'), CHAMPION).all.rides).toBe(0);
    expect(addUp([outcome], SHADOW, aRun('c')).all.rides).toBe(0);
  });

  test('count failures with each reason once', () => {
    const failed: ShadowOutcome = { kind: 'failed', runId: SHADOW, rides: 3, problem: 'broken' };
    const read = [failed, failed].flatMap((each) => readShadowLine(logged(each)) ?? []);
    expect(addUp(read, SHADOW, CHAMPION)).toMatchObject({ failed: 6, problems: ['broken'], batches: 0 });
  });
});
