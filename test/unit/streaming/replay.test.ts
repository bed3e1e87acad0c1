import { describe, expect, test } from 'vitest';
import { distinctPredictions } from '#streaming/distinct.ts';
import { eventOf, type RecordedRide, replay } from '#streaming/replay.ts';
import { rideEventSchema } from '#trips/ride-event.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const aRide = (changes: Partial<RecordedRide> = {}): RecordedRide => ({
  rideId: '2023/04_123',
  pickupZone: 74,
  dropoffZone: 42,
  distance: 1.52,
  pickupTime: Date.parse('2023-04-03T08:30:00Z') / 1000,
  ...changes,
});

async function* rides(count: number) {
  for (let i = 0; i < count; i++) yield aRide({ rideId: `2023/04_${i}` });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('a ride of a file', () => {
  test('is sent as an event of the contract, at its own wall-clock time', () => {
    expect(rideEventSchema.parse(eventOf(aRide()))).toEqual({
      ride: { PULocationID: 74, DOLocationID: 42, trip_distance: 1.52, pickup_datetime: '2023-04-03T08:30:00' },
      ride_id: '2023/04_123',
    });
  });

  test('leaves out what the file does not know', () => {
    expect(eventOf(aRide({ distance: null, pickupTime: -1 })).ride).toEqual({ PULocationID: 74, DOLocationID: 42 });
  });
});

describe('a replay', () => {
  test('sends every ride once, in bursts, and counts them', async () => {
    const sent: string[] = [];
    const sink = {
      putRecords: async (entries: readonly { partitionKey: string }[]) => {
        sent.push(...entries.map(({ partitionKey }) => partitionKey));
        return entries.map(() => undefined);
      },
    };
    const bursts = await collect(replay(rides(1203), sink, { clock: new ManualClock() }));
    expect(bursts.map((burst) => burst.sent)).toEqual([500, 500, 203]);
    expect(sent).toEqual(Array.from({ length: 1203 }, (_, i) => `2023/04_${i}`));
  });

  test('keeps to its rate', async () => {
    const clock = new ManualClock(0);
    const times: number[] = [];
    const sink = {
      putRecords: async (entries: readonly unknown[]) => {
        times.push(clock.now());
        return entries.map(() => undefined);
      },
    };
    await collect(replay(rides(60), sink, { clock, rate: 20 }));
    expect(times).toEqual([0, 1000, 2000]);
  });

  test('names what the stream would not take', async () => {
    const sink = { putRecords: async (entries: readonly unknown[]) => entries.map(() => 'ResourceNotFoundException') };
    const [burst] = await collect(replay(rides(2), sink, { clock: new ManualClock() }));
    expect(burst).toMatchObject({ sent: 0, unsent: [{ error: 'ResourceNotFoundException' }, { index: 1 }] });
  });
});

describe('the reader of predictions', () => {
  const ids = (...all: string[]) => all.map((prediction_id) => ({ prediction_id }));

  test('lets the first of each prediction_id through', async () => {
    expect(await collect(distinctPredictions(ids('a', 'b', 'a', 'c', 'b')))).toEqual(ids('a', 'b', 'c'));
  });

  test('remembers a given number of ids, the newest ones', async () => {
    expect(await collect(distinctPredictions(ids('a', 'b', 'c', 'c', 'a'), 2))).toEqual(ids('a', 'b', 'c', 'a'));
  });
});
