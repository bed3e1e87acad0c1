import { expect, test } from 'vitest';
import type { ReadRecord } from '#adapters/kinesis.ts';
import { StreamWatch } from '#serving/stream-watch.ts';
import { dataKeys } from '#storage/layout.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const NOW = Date.parse('2026-11-30T05:00:00Z');
const RUN = '1f7d1fc9aaaaaaaaaaaaaaaaaaaaaaaa';

const record = (sequenceNumber: string, secondsAgo: number, json: unknown): ReadRecord => ({
  shardId: 'shard-0',
  sequenceNumber,
  partitionKey: '1',
  data: new TextEncoder().encode(typeof json === 'string' ? json : JSON.stringify(json)),
  arrivedAt: new Date(NOW - secondsAgo * 1000),
});

const predictionOf = (id: string, secondsAgo: number) => ({
  model: 'ride_duration_prediction_model',
  version: RUN,
  prediction: { ride_duration: 21.3, ride_id: 156, interval: [12, 31], distance_source: 'given' },
  prediction_id: id,
  predicted_at: new Date(NOW - secondsAgo * 1000).toISOString(),
  source: 'stream',
});

async function watching(events: readonly ReadRecord[], predictions: readonly ReadRecord[], quarantined = '') {
  const clock = new ManualClock(NOW);
  const data = new MemoryStore('data');
  if (quarantined !== '') await data.put(dataKeys.quarantine(new Date(NOW), 'bad'), quarantined);
  const failures: unknown[] = [];
  let reads = 0;
  const watch = new StreamWatch({
    eventsStream: 'events',
    async *read(stream) {
      reads += 1;
      yield* stream === 'events' ? events : predictions;
      await new Promise(() => {}); // as an endless read does
    },
    data,
    clock,
    onFailed: (error) => failures.push(error),
  });
  await watch.now();
  await new Promise((resolve) => setTimeout(resolve, 20)); // the reads run alongside
  return { watch, clock, failures, reads: () => reads };
}

test('matches events with their predictions, also those sent again, and with quarantine', async () => {
  const line = {
    prediction_id: 'events/shard-0/3',
    reason: 'not-json',
    raw: '',
    arrived_at: new Date(NOW - 9000).toISOString(),
  };
  const { watch } = await watching(
    [
      record('1', 30, { ride_id: 1 }),
      record('2', 20, { ride_id: 2, requeue: { prediction_id: 'events/shard-0/0', attempt: 1 } }),
      record('3', 9, 'not JSON'),
      record('4', 6, { ride_id: 4 }),
    ],
    [record('1', 29, predictionOf('events/shard-0/1', 29)), record('2', 19, predictionOf('events/shard-0/0', 19))],
    `${JSON.stringify(line)}\n`,
  );
  expect(await watch.now()).toMatchObject({ predictions: 2, waiting: 1, lag_seconds: 6, quarantined_last_hour: 1 });
});

test('leaves out what other writers put into the stream, and forgets what is older than a minute', async () => {
  const { watch, clock, reads } = await watching(
    [],
    [record('1', 50, predictionOf('a', 50)), record('2', 5, predictionOf('b', 5)), record('3', 5, 'hello')],
  );
  expect((await watch.now()).predictions).toBe(2);
  await clock.sleep(20_000);
  expect((await watch.now()).predictions).toBe(1);
  expect(reads()).toBe(2); // one of each stream, however often it is asked
});

test('a stream that cannot be read is reported, and read again at the next question', async () => {
  const failures: unknown[] = [];
  let reads = 0;
  const watch = new StreamWatch({
    eventsStream: 'events',
    // biome-ignore lint/correctness/useYield: it fails before it has anything to yield
    async *read() {
      reads += 1;
      throw new Error('no such stream');
    },
    data: new MemoryStore('data'),
    clock: new ManualClock(NOW),
    onFailed: (error) => failures.push(error),
  });
  expect((await watch.now()).predictions).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await watch.now();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(failures).toHaveLength(2);
  expect(reads).toBe(4);
});
