import { describe, expect, test } from 'vitest';
import { publish, type RecordSink, type StreamEntry } from '#streaming/publish.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const anEntry = (i: number, bytes = 10): StreamEntry => ({ data: new Uint8Array(bytes), partitionKey: `ride-${i}` });
const entriesOf = (count: number, bytes?: number) => Array.from({ length: count }, (_, i) => anEntry(i, bytes));
const options = (clock: ManualClock, seconds = 60) => ({
  clock,
  deadline: clock.now() + seconds * 1000,
  random: () => 0.5,
});

/** A sink that writes down its calls and answers them by `answer(key, call)`. */
function aSink(answer: (key: string, call: number) => string | undefined = () => undefined) {
  const calls: string[][] = [];
  const sink: RecordSink = {
    async putRecords(entries) {
      const call = calls.length;
      calls.push(entries.map(({ partitionKey }) => partitionKey));
      return entries.map(({ partitionKey }) => answer(partitionKey, call));
    },
  };
  return { sink, calls };
}

describe('publishing', () => {
  test('keeps to 500 records a call', async () => {
    const { sink, calls } = aSink();
    expect(await publish(sink, entriesOf(1201), options(new ManualClock()))).toEqual([]);
    expect(calls.map(({ length }) => length)).toEqual([500, 500, 201]);
  });

  test('keeps to 5 MB a call, partition keys included', async () => {
    const { sink, calls } = aSink();
    await publish(sink, entriesOf(6, 999_999), options(new ManualClock()));
    expect(calls.map(({ length }) => length)).toEqual([4, 2]);
  });

  test('sends again what a call refused, and only that', async () => {
    const { sink, calls } = aSink((key, call) => (call === 0 && /[13]$/.test(key) ? 'Throughput' : undefined));
    expect(await publish(sink, entriesOf(5), options(new ManualClock()))).toEqual([]);
    expect(calls).toEqual([
      ['ride-0', 'ride-1', 'ride-2', 'ride-3', 'ride-4'],
      ['ride-1', 'ride-3'],
    ]);
  });

  test('waits longer each time, by a random share, at most two seconds', async () => {
    const clock = new ManualClock();
    const { sink } = aSink((_, call) => (call < 8 ? 'Throughput' : undefined));
    expect(await publish(sink, entriesOf(1), options(clock))).toEqual([]);
    expect(clock.sleeps).toEqual([50, 100, 200, 400, 800, 1000, 1000, 1000]);
  });

  test('gives back at the deadline what is still unsent, with the last error', async () => {
    const clock = new ManualClock();
    const { sink } = aSink((key) => (key === 'ride-1' ? 'ProvisionedThroughputExceededException' : undefined));
    const { deadline } = options(clock, 5);
    const unsent = await publish(sink, entriesOf(3), { clock, deadline, random: () => 0.999 });
    expect(unsent).toMatchObject([{ index: 1, error: 'ProvisionedThroughputExceededException' }]);
    expect(clock.now()).toBeLessThan(deadline);
  });

  test('treats a call that throws as one that stored nothing, and tries again', async () => {
    const good = aSink();
    let calls = 0;
    const sink: RecordSink = {
      putRecords: async (entries, signal) => {
        if (calls++ === 0) throw new Error('connection reset');
        return good.sink.putRecords(entries, signal);
      },
    };
    expect(await publish(sink, entriesOf(2), options(new ManualClock()))).toEqual([]);
    expect(good.calls).toEqual([['ride-0', 'ride-1']]);
  });

  test('sends nothing when no time is left, and loses nothing', async () => {
    const { sink, calls } = aSink();
    expect(await publish(sink, entriesOf(2), options(new ManualClock(), 0))).toHaveLength(2);
    expect(calls).toEqual([]);
  });
});
