import { beforeAll, describe, expect, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { recordGoldenRides } from '#model/golden/golden.ts';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import { PAIR_SLOTS } from '#model/rides/zone-pair.ts';
import { LiveModel } from '#registry/live-model.ts';
import { Registry, type RunFiles } from '#registry/registry.ts';
import { modelKeys } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';
import { sha256 } from '#storage/sha256.ts';
import type { RecordSink } from '#streaming/publish.ts';
import { scoreBatch } from '#streaming/score-batch.ts';
import { NAMES, runFiles } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';
import { anEvent, EXAMPLE, sequenceNumber } from '../../support/kinesis-events.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { evenCalibrations } from '../../support/training.ts';

const [A, B] = [aRun('a'), aRun('b')];
const RIDE = { PULocationID: 130, DOLocationID: 205, trip_distance: 3.66, pickup_time: 1_680_510_600 };

type Model = Pick<RunFiles, 'model' | 'golden'>;

/** A graph that predicts the miles and so many minutes more, with its golden rides. */
async function aModel(minutes: number): Promise<Model> {
  const model = rideGraph({
    typical: new Float64Array(PAIR_SLOTS).fill(2.5),
    addPrediction: (g, ride) => g.node('Add', [ride.distance, g.float(minutes)]),
    calibrations: evenCalibrations(),
    metadata: { recipe: 'of a test', taxi_type: 'green' },
  });
  const scorer = await loadScorer(model);
  const golden = await recordGoldenRides(scorer, [RIDE], Float64Array.of(3.66 + minutes));
  await scorer.close();
  return { model, golden };
}

let models: Readonly<Record<'five' | 'ten', Model>>;
beforeAll(async () => {
  models = { five: await aModel(5), ten: await aModel(10) };
});

/** The function with its real model, registry and runtime; bucket, stream and clock are a test's to break. */
function aFunction() {
  const bucket = new MemoryStore('models');
  const registry = new Registry(bucket, NAMES);
  const clock = new ManualClock();
  const failures: string[] = [];
  const published: string[] = [];
  const world = { answer: (_key: string): string | undefined => undefined, calls: [] as number[] };
  const predictions: RecordSink = {
    async putRecords(entries) {
      world.calls.push(entries.length);
      return entries.map(({ data, partitionKey }) => {
        const error = world.answer(partitionKey);
        if (error === undefined) published.push(new TextDecoder().decode(data));
        return error;
      });
    },
  };
  const model = new LiveModel({
    registry,
    taxiType: 'green',
    loadScorer,
    refreshSeconds: 60,
    clock,
    onRefreshFailed: (error) => failures.push(String(error)),
  });
  const deps = { model, modelName: 'm', predictions, quarantine: new MemoryStore('data'), clock, codeVersion: 'v1' };
  return {
    bucket,
    registry,
    clock,
    failures,
    world,
    async promote(run: RunId, { model: body, golden }: Model) {
      const card = { run_id: run, model: { sha256: sha256(body), bytes: body.length } };
      await registry.register({ ...runFiles(card), model: body, golden });
      await registry.promote(run, 'a test', new Date(clock.now()));
    },
    run: (rides = 1, seconds = 30) => scoreBatch(anEvent(...aBatch(rides)), deps, clock.now() + seconds * 1000),
    published: () => published.map((line) => JSON.parse(line)),
    /** Run and minutes of each prediction. */
    answers: () =>
      published.map((line) => JSON.parse(line)).map(({ version, prediction }) => [version, prediction.ride_duration]),
  };
}

const aBatch = (rides: number) =>
  Array.from({ length: rides }, (_, ride_id) => ({ ride: { ...EXAMPLE.ride, trip_distance: 3.5 }, ride_id }));
const bucketDown = () => {
  throw new Error('S3 is down');
};

describe('the predictions stream', () => {
  test('that refuses 30% of the records each time gets all of them, and no record twice', async () => {
    const { world, promote, run, published } = aFunction();
    await promote(A, models.five);
    let n = 0;
    world.answer = () => (n++ % 10 < 3 ? 'ProvisionedThroughputExceededException' : undefined);
    expect(await run(1000)).toMatchObject({ scored: 1000, failed: 0 });
    expect(new Set(published().map(({ prediction_id }) => prediction_id)).size).toBe(1000);
    expect(published()).toHaveLength(1000);
    expect(world.calls.slice(0, 4)).toEqual([500, 500, 300, 90]);
  });

  test.each([
    [30, 20, 0],
    [4, 0, 20],
  ])(
    'that takes nothing for 5 s, with %i s left: %i are published, %i handed back',
    async (seconds, scored, failed) => {
      const { world, promote, run, clock } = aFunction();
      await promote(A, models.five);
      const back = clock.now() + 5_000;
      world.answer = () => (clock.now() < back ? 'InternalFailure' : undefined);
      const outcome = await run(20, seconds);
      expect(outcome).toMatchObject({ scored, failed });
      const owed = Array.from({ length: failed }, (_, i) => ({ itemIdentifier: sequenceNumber(i) }));
      expect(outcome.response.batchItemFailures).toEqual(owed);
    },
  );
});

describe('the model bucket', () => {
  test('that is down at a cold start fails the batch, which is scored when it comes again', async () => {
    const { bucket, promote, run, answers } = aFunction();
    await promote(A, models.five);
    bucket.before = bucketDown;
    await expect(run()).rejects.toThrow('S3 is down');
    expect(answers()).toEqual([]);
    bucket.before = () => {};
    await run();
    expect(answers()).toEqual([[A, 8.5]]);
  });

  test('that is down at a refresh leaves the model serving, and says so', async () => {
    const { bucket, promote, run, answers, clock, failures } = aFunction();
    await promote(A, models.five);
    await run();
    bucket.before = bucketDown;
    clock.time += 60_000;
    expect(await run()).toMatchObject({ scored: 1, failed: 0 });
    expect(answers()).toEqual([
      [A, 8.5],
      [A, 8.5],
    ]);
    expect(failures).toEqual(['Error: S3 is down']);
  });
});

describe('a new champion', () => {
  test('is taken up between two batches, in the middle of the stream', async () => {
    const { promote, run, answers, clock, failures } = aFunction();
    await promote(A, models.five);
    await run();
    await promote(B, models.ten);
    await run();
    clock.time += 60_000;
    await run();
    expect(answers()).toEqual([
      [A, 8.5],
      [A, 8.5],
      [B, 13.5],
    ]);
    expect(failures).toEqual([]);
  });

  test.each([
    [
      'was cut short in the bucket',
      'its card says',
      async ({ bucket, promote }: ReturnType<typeof aFunction>) => {
        await promote(B, models.ten);
        const key = modelKeys.file(NAMES.experiment, B, 'model.onnx');
        bucket.objects.set(key, models.ten.model.subarray(0, 1000));
      },
    ],
    [
      'was cut short before it was registered',
      'are not an ONNX model',
      async ({ promote }: ReturnType<typeof aFunction>) => {
        await promote(B, { ...models.ten, model: models.ten.model.subarray(0, 1000) });
      },
    ],
    [
      'predicts its golden rides differently',
      '5 minutes off on its golden rides',
      async ({ promote }: ReturnType<typeof aFunction>) => {
        await promote(B, { ...models.ten, golden: models.five.golden });
      },
    ],
    [
      'has a pointer that is no JSON',
      'is not an alias pointer',
      async ({ bucket }: ReturnType<typeof aFunction>) => {
        bucket.objects.set(modelKeys.alias(NAMES.registeredModels.green, 'champion'), Buffer.from('{"sequence":'));
      },
    ],
  ])('whose file %s leaves the old one serving', async (_, reason, breakIt) => {
    const live = aFunction();
    await live.promote(A, models.five);
    await live.run();
    await breakIt(live);
    live.clock.time += 60_000;
    await live.run();
    expect(live.answers().map(([run]) => run)).toEqual([A, A]);
    expect(live.failures).toEqual([expect.stringContaining(reason)]);
  });
});
