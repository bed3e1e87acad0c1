import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TripcastError } from '#errors.ts';
import { type ModelSource, NoChampionError } from '#registry/model-source.ts';
import { distinctPredictions } from '#streaming/distinct.ts';
import { parseKinesisEvent } from '#streaming/kinesis-event.ts';
import { predictionRecordSchema } from '#streaming/prediction-record.ts';
import { nowhere, type RecordSink } from '#streaming/publish.ts';
import { scoreBatch } from '#streaming/score-batch.ts';
import { aRun } from '../../support/a-run.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { anEvent, EXAMPLE, SHARD, sequenceNumber } from '../../support/kinesis-events.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const golden = {
  rides: [],
  predictions: { predicted_duration: [], interval_low: [], interval_high: [], interval80_low: [], interval80_high: [] },
  exact: [],
};

/** A whole function: model, stream, bucket and clock, each of which a test can break. */
function aFunction({ run = aRun('a'), refuse = (_key: string): boolean => false } = {}) {
  const scorer = aScorer();
  const clock = new ManualClock();
  const store = new MemoryStore();
  const lines: { readonly text: string; readonly partitionKey: string }[] = [];
  const sink: RecordSink = {
    async putRecords(entries) {
      return entries.map(({ data, partitionKey }) => {
        if (refuse(partitionKey)) return 'ProvisionedThroughputExceededException';
        lines.push({ text: new TextDecoder().decode(data), partitionKey });
        return undefined;
      });
    },
  };
  const model: ModelSource = { current: async () => ({ runId: run, scorer, golden }) };
  const deps = {
    model,
    modelName: 'ride_duration_prediction_model',
    predictions: sink,
    quarantine: store,
    clock,
    codeVersion: 'v1',
  };
  return {
    deps,
    scorer,
    clock,
    store,
    lines,
    run: (event: ReturnType<typeof anEvent>, changes: Partial<typeof deps> = {}, seconds = 10) =>
      scoreBatch(event, { ...deps, ...changes }, clock.now() + seconds * 1000),
    published: () => lines.map(({ text }) => predictionRecordSchema.parse(JSON.parse(text))),
    quarantined: () =>
      [...store.objects.keys()].flatMap((key) =>
        store
          .text(key)
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ),
  };
}

describe('a prediction', () => {
  test('is the published record with the keys that were added, as one line', async () => {
    const { run, lines } = aFunction();
    const { response } = await run(anEvent(EXAMPLE));
    // 130/10 + 205/100 + 3.66 + 8/1000, in float32.
    const expected = {
      model: 'ride_duration_prediction_model',
      version: 'a'.repeat(32),
      prediction: { ride_duration: 18.718, ride_id: 156, interval: [16.718, 20.718], distance_source: 'given' },
      prediction_id: `stg_taxi_trip_events/${SHARD}/${sequenceNumber(0)}`,
      predicted_at: '2023-04-03T12:30:01.000Z',
      source: 'stream',
    };
    const [line] = lines;
    expect(line?.partitionKey).toBe('156');
    expect(line?.text.endsWith('}\n')).toBe(true);
    const found = JSON.parse(line?.text ?? '');
    expect(Math.fround(found.prediction.ride_duration)).toBe(Math.fround(18.718));
    expect(found.prediction.interval.map((n: number) => n.toFixed(4))).toEqual(['16.7180', '20.7180']);
    const { ride_duration, interval } = found.prediction;
    expect(found).toEqual({ ...expected, prediction: { ...expected.prediction, ride_duration, interval } });
    expect(response).toEqual({ predictions: [found], batchItemFailures: [] });
  });

  test('says when the typical distance stood in', async () => {
    const { run, published } = aFunction();
    await run(anEvent({ ...EXAMPLE, ride: { ...EXAMPLE.ride, trip_distance: null } }));
    expect(published()[0]?.prediction.distance_source).toBe('typical');
  });

  test('records joined with nothing between, as Firehose does, are lines of JSON', async () => {
    const { run, lines } = aFunction();
    await run(anEvent({ ...EXAMPLE, ride_id: 'one\ntwo' }, { ...EXAMPLE, ride_id: 'three\u2028' }));
    const archive = lines
      .map(({ text }) => text)
      .join('')
      .trimEnd()
      .split('\n');
    expect(archive.map((line) => JSON.parse(line).prediction.ride_id)).toEqual(['one\ntwo', 'three\u2028']);
  });

  test('has a partition key that the stream takes, also when the ride_id is half a character', async () => {
    const { run, lines, published } = aFunction();
    await run(anEvent('{"ride":{"PULocationID":130,"DOLocationID":205},"ride_id":"\\ud83d"}'));
    expect(lines[0]?.partitionKey).toBe('\uFFFD');
    expect(published()[0]?.prediction.ride_id).toBe('\ud83d');
  });
});

describe('a batch', () => {
  test('is scored in one call', async () => {
    const { run, scorer } = aFunction();
    await run(anEvent(...Array.from({ length: 700 }, (_, i) => ({ ...EXAMPLE, ride_id: i }))));
    expect(scorer.calls).toEqual([700]);
  });

  test('that is empty needs no model', async () => {
    const { run } = aFunction();
    const outcome = await run(anEvent(), { model: { current: () => Promise.reject(new Error('no model')) } });
    expect(outcome.response).toEqual({ predictions: [], batchItemFailures: [] });
  });

  test('fails whole without a model: nothing is published, nothing made up', async () => {
    const { run, lines, store } = aFunction();
    const noModel = { current: () => Promise.reject(new Error('There is no champion')) };
    await expect(run(anEvent(EXAMPLE, 'not JSON'), { model: noModel })).rejects.toThrow('There is no champion');
    expect(lines).toEqual([]);
    expect(store.objects.size).toBe(0);
  });

  test('that came before the first champion is held until there is one', async () => {
    const { run, deps, clock, published } = aFunction();
    const promotedAt = clock.now() + 15_000;
    const model: ModelSource = {
      current: () => (clock.now() < promotedAt ? Promise.reject(new NoChampionError('green')) : deps.model.current()),
    };
    expect(await run(anEvent(EXAMPLE), { model }, 58)).toMatchObject({ scored: 1, failed: 0 });
    expect(published()).toHaveLength(1);
    expect(clock.now()).toBeLessThan(promotedAt + 2_000);
  });

  test('is held no longer than leaves time to publish, and then fails whole', async () => {
    const { run, clock, lines } = aFunction();
    const start = clock.now();
    const model = { current: () => Promise.reject(new NoChampionError('green')) };
    await expect(run(anEvent(EXAMPLE), { model }, 58)).rejects.toThrow('There is no champion for green taxis');
    expect(clock.now() - start).toBe(48_000);
    expect(lines).toEqual([]);
  });

  test('is not held for a model that cannot be loaded: time does not repair that', async () => {
    const { run, clock } = aFunction();
    const model = { current: () => Promise.reject(new TripcastError('The model is cut short', 'Promote another.')) };
    await expect(run(anEvent(EXAMPLE), { model }, 58)).rejects.toThrow('cut short');
    expect(clock.sleeps).toEqual([]);
  });

  test('of bad records alone needs no champion', async () => {
    const { run, clock } = aFunction();
    const model = { current: () => Promise.reject(new NoChampionError('green')) };
    expect(await run(anEvent('not JSON'), { model }, 58)).toMatchObject({ quarantined: 1, failed: 0 });
    expect(clock.sleeps).toEqual([]);
  });

  test('of a test run predicts and returns, and publishes nothing', async () => {
    const { run, lines } = aFunction();
    const { response } = await run(anEvent(EXAMPLE), { predictions: nowhere });
    expect(response.predictions).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  test('keeps rides with one ride_id apart', async () => {
    const { run, published } = aFunction();
    await run(anEvent(EXAMPLE, EXAMPLE));
    expect(new Set(published().map(({ prediction_id }) => prediction_id)).size).toBe(2);
  });

  test('sets bad records aside with the reason and the bytes, and scores the rest', async () => {
    const { run, quarantined, store, published } = aFunction();
    const bad = { ...EXAMPLE, ride: { ...EXAMPLE.ride, PULocationID: '130' } };
    const outcome = await run(anEvent(EXAMPLE, 'not JSON', bad));
    expect(outcome).toMatchObject({ records: 3, scored: 1, quarantined: 2, failed: 0 });
    expect(published()).toHaveLength(1);
    expect([...store.objects.keys()]).toEqual([
      expect.stringMatching(/^quarantine\/dt=2023-04-03\/hh=12\/shardId-0{12}-[0-9a-f]{16}\.jsonl$/),
    ]);
    expect(quarantined()).toEqual([
      {
        prediction_id: `stg_taxi_trip_events/${SHARD}/${sequenceNumber(1)}`,
        reason: 'not-json',
        field: null,
        message: expect.stringContaining('not JSON'),
        raw: Buffer.from('not JSON').toString('base64'),
        shard: SHARD,
        arrived_at: '2023-04-03T12:30:00.987Z',
        code_version: 'v1',
      },
      expect.objectContaining({ reason: 'wrong-type', field: 'ride.PULocationID' }),
    ]);
  });

  test('delivered again writes the same quarantine object, not a second one', async () => {
    const { run, store } = aFunction();
    await run(anEvent(EXAMPLE, 'not JSON'));
    await run(anEvent(EXAMPLE, 'not JSON'));
    expect(store.objects.size).toBe(1);
  });

  test('hands back bad records that could not be set aside', async () => {
    const { run, store } = aFunction();
    store.before = () => {
      throw new Error('SlowDown');
    };
    const outcome = await run(anEvent(EXAMPLE, 'not JSON'));
    expect(outcome.response.batchItemFailures).toEqual([{ itemIdentifier: sequenceNumber(1) }]);
    expect(outcome).toMatchObject({
      scored: 1,
      quarantined: 0,
      failed: 1,
      problems: [expect.stringContaining('SlowDown')],
    });
  });

  test('hands back what the stream does not take before the deadline', async () => {
    const { run } = aFunction({ refuse: (key) => key === 'second' });
    const { response } = await run(anEvent(EXAMPLE, { ...EXAMPLE, ride_id: 'second' }));
    expect(response.batchItemFailures).toEqual([{ itemIdentifier: sequenceNumber(1) }]);
    expect(response.predictions.map(({ prediction }) => prediction.ride_id)).toEqual([156]);
  });

  test('delivered again, after the model changed, makes copies that a reader drops', async () => {
    const before = aFunction();
    const after = aFunction({ run: aRun('b') });
    const event = anEvent(EXAMPLE, { ...EXAMPLE, ride_id: 'second' });
    await before.run(event);
    await after.run(event);
    const distinct = [];
    for await (const record of distinctPredictions([...before.published(), ...after.published()]))
      distinct.push(record);
    expect(distinct).toEqual(before.published());
  });
});

describe('the sum closes', () => {
  const requeue = fc.nat(9999).map((n) => ({ prediction_id: `stg_taxi_trip_events/first/${n}`, attempt: 1 }));
  const good = fc.nat(99).map((ride_id) => ({ ...EXAMPLE, ride_id }));
  const bad = fc.constantFrom(
    { ride: {} },
    { ...EXAMPLE, ride: { ...EXAMPLE.ride, trip_distance: -1 } },
    { ...EXAMPLE, ride_id: 'x'.repeat(257) },
    { ...EXAMPLE, ride_id: 2 ** 53 },
  );
  const record = fc.oneof(
    good,
    bad,
    fc.tuple(fc.oneof(good, bad), requeue).map(([event, again]) => ({ ...event, requeue: again })),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
    fc.constantFrom([], null, 7, true, '"text"', '{"__proto__":{"ride_id":1}}', Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2)),
  );

  /** The id that the record keeps wherever it goes: of its first arrival. */
  const idOf = (value: unknown, n: number) => {
    const { requeue: again } = (value ?? {}) as { readonly requeue?: { readonly prediction_id: string } };
    return again?.prediction_id ?? `stg_taxi_trip_events/${SHARD}/${sequenceNumber(n)}`;
  };
  /** One requeued event a first arrival; a second would be the same record. */
  const isNew = (values: readonly unknown[]) => new Set(values.map(idOf)).size === values.length;

  test('whatever the records, the stream and the bucket do: each record is in exactly one place', async () => {
    const seen = { published: 0, quarantined: 0, failed: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { maxLength: 40 }).filter(isNew),
        fc.infiniteStream(fc.integer({ min: 0, max: 99 })),
        fc.constantFrom(0, 30, 100),
        fc.constantFrom('works', 'works', 'works', 'fails now and then', 'is gone'),
        fc.boolean(),
        async (records, dice, percentRefused, stream, bucketDown) => {
          const roll = (percent: number) => (dice.next().value ?? 0) < percent;
          const { deps, run, store, published, quarantined } = aFunction({ refuse: () => roll(percentRefused) });
          const predictions: RecordSink = {
            async putRecords(entries, signal) {
              if (stream === 'is gone') throw new TripcastError('The stream is gone', 'Deploy again.');
              if (stream === 'fails now and then' && roll(50)) throw new Error('socket hang up');
              return deps.predictions.putRecords(entries, signal);
            },
          };
          if (bucketDown) {
            store.before = () => {
              throw new Error('down');
            };
          }
          const outcome = await run(anEvent(...records), { predictions });
          store.before = () => {};
          const { batchItemFailures } = outcome.response;
          expect(outcome).toMatchObject({
            scored: published().length,
            quarantined: quarantined().length,
            failed: batchItemFailures.length,
          });
          seen.published += published().length;
          seen.quarantined += quarantined().length;
          seen.failed += batchItemFailures.length;
          const ids = new Map(records.map((value, n) => [sequenceNumber(n), idOf(value, n)]));
          const places = [
            ...published().map(({ prediction_id }) => prediction_id),
            ...quarantined().map(({ prediction_id }) => prediction_id),
            ...batchItemFailures.map(({ itemIdentifier }) => ids.get(itemIdentifier)),
          ];
          expect(places.sort()).toEqual(records.map(idOf).sort());
        },
      ),
      { numRuns: 300 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
  });
});

describe('the event', () => {
  test('in test/events, as used in the README, is scored in full', async () => {
    const { run } = aFunction();
    const event = parseKinesisEvent(JSON.parse(await readFile('test/events/kinesis.json', 'utf8')));
    expect(await run({ Records: event.Records })).toMatchObject({ records: 3, scored: 3 });
  });

  test.each([
    [undefined, 'The event has no Records'],
    [{ records: [] }, 'The event has no Records'],
    [{ Records: [null] }, 'Records[0] is not a Kinesis record'],
    [{ Records: [...anEvent(EXAMPLE).Records, { kinesis: { data: '' } }] }, 'Records[1] is not a Kinesis record'],
  ])('%j is refused with the reason', (event, message) => {
    expect(() => parseKinesisEvent(event)).toThrow(message);
  });
});
