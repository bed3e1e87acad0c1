import { expect, test } from 'vitest';
import { type SeenRecord, StreamWatch } from '#serving/stream-watch.ts';
import { dataKeys } from '#storage/layout.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const NOW = Date.parse('2026-11-30T05:00:00Z');
const RUN = '1f7d1fc9aaaaaaaaaaaaaaaaaaaaaaaa';

const record = (sequenceNumber: string, secondsAgo: number, json: unknown): SeenRecord => ({
  shardId: 'shard-0',
  sequenceNumber,
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

/** Two streams, as Kinesis would be read: a test adds to them, breaks them, and cuts a read short. */
async function watching({ quarantined = '' } = {}) {
  const clock = new ManualClock(NOW);
  const data = new MemoryStore('data');
  if (quarantined !== '') await data.put(dataKeys.quarantine(new Date(NOW), 'bad'), quarantined);
  const streams: Record<'events' | 'predictions', SeenRecord[]> = { events: [], predictions: [] };
  const state = { isBroken: false, most: Number.POSITIVE_INFINITY };
  const asked: { readonly stream: string; readonly secondsBack: number }[] = [];
  const watch = new StreamWatch({
    eventsStream: 'events',
    async *read(stream, from, until) {
      asked.push({ stream, secondsBack: (until.getTime() - from.getTime()) / 1000 });
      if (state.isBroken) throw new Error('no such stream');
      yield* streams[stream].filter(({ arrivedAt }) => arrivedAt >= from && arrivedAt < until).slice(0, state.most);
    },
    data,
    clock,
  });
  return { watch, clock, state, asked, ...streams };
}

test('matches events with their predictions, also those sent again, and with quarantine', async () => {
  const line = {
    prediction_id: 'events/shard-0/3',
    reason: 'not-json',
    raw: '',
    arrived_at: new Date(NOW - 9000).toISOString(),
  };
  const { watch, events, predictions } = await watching({ quarantined: `${JSON.stringify(line)}\n` });
  events.push(
    record('1', 30, { ride_id: 1 }),
    record('2', 20, { ride_id: 2, requeue: { prediction_id: 'events/shard-0/0', attempt: 1 } }),
    record('3', 9, 'not JSON'),
    record('4', 6, { ride_id: 4 }),
  );
  predictions.push(
    record('1', 29, predictionOf('events/shard-0/1', 29)),
    record('2', 19, predictionOf('events/shard-0/0', 19)),
  );
  expect(await watch.now()).toMatchObject({ predictions: 2, waiting: 1, lag_seconds: 6, quarantined_last_hour: 1 });
});

test('leaves out what other writers put into the stream, and forgets what is older than a minute', async () => {
  const { watch, clock, predictions } = await watching();
  predictions.push(
    record('1', 50, predictionOf('a', 50)),
    record('2', 5, predictionOf('b', 5)),
    record('3', 5, 'hello'),
  );
  expect((await watch.now()).predictions).toBe(2);
  await clock.sleep(20_000);
  expect((await watch.now()).predictions).toBe(1);
});

test('reads what has come since the last question, and counts what it reads twice once', async () => {
  const { watch, clock, asked, events } = await watching();
  events.push(record('1', 2, { ride_id: 1 }));
  expect((await watch.now()).waiting).toBe(1);
  await clock.sleep(3000);
  events.push(record('2', -1, { ride_id: 2 }));
  expect((await watch.now()).waiting).toBe(2);
  expect(asked.filter(({ stream }) => stream === 'events').map(({ secondsBack }) => secondsBack)).toEqual([60, 10]);
});

test('a read that was cut short goes on at the next question', async () => {
  const { watch, clock, state, events } = await watching();
  events.push(...Array.from({ length: 40 }, (_, i) => record(String(i), 50 - i, { ride_id: i })));
  state.most = 25;
  expect((await watch.now()).waiting).toBe(25);
  await clock.sleep(3000);
  expect((await watch.now()).waiting).toBe(40);
});

test('a stream that cannot be read is an error, and is read again at the next question', async () => {
  const { watch, state, events } = await watching();
  events.push(record('1', 2, { ride_id: 1 }));
  state.isBroken = true;
  await expect(watch.now()).rejects.toThrow('no such stream');
  state.isBroken = false;
  expect((await watch.now()).waiting).toBe(1);
});
