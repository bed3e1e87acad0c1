import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atMostEvery } from '#serving/at-most-every.ts';
import { liveViews } from '#serving/live-views.ts';
import { pipelinesSchema } from '#serving/pipelines.ts';
import { streamNowSchema } from '#serving/stream-now.ts';
import { CLONE } from '#setup/paths.mjs';
import { aRun } from '../../support/a-run.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const MACHINES = ['monthly-batch', 'backfill', 'training', 'retraining'];
const EVENTS = 'arn:aws:kinesis:us-east-1:000000000000:stream/dev_events';
const NOW = Date.parse('2026-11-30T05:00:00Z');

const PREDICTION = {
  model: 'ride_duration_prediction_model',
  version: aRun('a'),
  prediction: { ride_duration: 21.3, ride_id: 156, interval: [12, 31], distance_source: 'given' },
  prediction_id: 'dev_events/s/1',
  predicted_at: new Date(NOW).toISOString(),
  source: 'stream',
};

test('shows both streams, and every state machine with the states of its definition', async () => {
  const read: string[] = [];
  const { stream, pipelines } = liveViews({
    places: {
      eventsStream: EVENTS,
      predictionsStream: 'dev_predictions',
      machines: Object.fromEntries(MACHINES.map((name) => [name, `arn:${name}`])),
    },
    async *readStream(name) {
      read.push(name);
      const arrived = { shardId: 's', data: new Uint8Array(), arrivedAt: new Date(NOW - 1000) };
      if (name === EVENTS) yield* ['1', '2'].map((sequenceNumber) => ({ ...arrived, sequenceNumber }));
      else yield { ...arrived, sequenceNumber: '7', data: new TextEncoder().encode(JSON.stringify(PREDICTION)) };
    },
    seenMachine: async (arn) => ({
      definition: readFileSync(join(CLONE, 'stepfunctions', `${arn.slice('arn:'.length)}.asl.json`), 'utf8'),
      last: undefined,
    }),
    data: new MemoryStore('data'),
    clock: new ManualClock(NOW),
  });
  expect(streamNowSchema.parse(await stream())).toMatchObject({ predictions: 1, waiting: 1, lag_seconds: 1 });
  expect(read.toSorted()).toEqual([EVENTS, 'dev_predictions']);
  const { pipelines: seen } = pipelinesSchema.parse(await pipelines());
  expect(seen.map(({ name, graph }) => [name, graph.start])).toEqual([
    ['monthly-batch', 'Plan'],
    ['backfill', 'Plan'],
    ['training', 'Train'],
    ['retraining', 'Plan'],
  ]);
});

test('an answer is shared while it is looked for and for a second after that; a failure, too, but no longer', async () => {
  const clock = new ManualClock(NOW);
  const waiting: { readonly answer: (value: number) => void; readonly fail: (error: Error) => void }[] = [];
  const ask = atMostEvery(1000, clock, () => new Promise<number>((answer, fail) => waiting.push({ answer, fail })));
  const first = [ask(), ask()];
  await clock.sleep(5000);
  first.push(ask());
  waiting[0]?.answer(1);
  expect(await Promise.all([...first, ask()])).toEqual([1, 1, 1, 1]);
  await clock.sleep(999);
  expect(await ask()).toBe(1);
  await clock.sleep(1);
  const second = ask();
  waiting[1]?.fail(new Error('throttled'));
  await expect(second).rejects.toThrow('throttled');
  await expect(ask()).rejects.toThrow('throttled');
  await clock.sleep(1000);
  const third = ask();
  waiting[2]?.answer(3);
  expect(await third).toBe(3);
});
