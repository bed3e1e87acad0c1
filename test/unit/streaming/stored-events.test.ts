import { expect, test } from 'vitest';
import { storedRides } from '#streaming/stored-events.ts';
import { EXAMPLE } from '../../support/kinesis-events.ts';

const record = (sequenceNumber: string, value: unknown) => ({
  shardId: 'shardId-000000000000',
  sequenceNumber,
  data: new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)),
  arrivedAt: new Date('2023-04-03T12:30:00Z'),
});

async function* stream(...values: readonly unknown[]) {
  for (const [i, value] of values.entries()) yield record(String(i + 1), value);
}

test("a stream's records are rides under the id that their predictions have", async () => {
  const { trip_distance: _, pickup_datetime: __, ...bare } = EXAMPLE.ride as Record<string, unknown>;
  const rides = await storedRides(
    stream(
      EXAMPLE,
      'not JSON',
      { ...EXAMPLE, ride: bare },
      { ...EXAMPLE, requeue: { prediction_id: 'trips/shardId-000000000000/first', attempt: 1 } },
    ),
    'trips',
  );
  expect([...rides.keys()]).toEqual([
    'trips/shardId-000000000000/1',
    'trips/shardId-000000000000/3',
    'trips/shardId-000000000000/first',
  ]);
  expect(rides.get('trips/shardId-000000000000/1')).toEqual({
    pickupZone: 130,
    dropoffZone: 205,
    distance: Math.fround(3.66),
    pickupTime: Date.parse('2023-04-03T08:30:00Z') / 1000,
  });
  // Without a time the ride begins when its event arrived: half past eight in New York. Without a distance it has none.
  expect(rides.get('trips/shardId-000000000000/3')).toMatchObject({
    distance: Number.NaN,
    pickupTime: Date.parse('2023-04-03T08:30:00Z') / 1000,
  });
});

test('many records are read in several batches, and none is lost', async () => {
  const many = Array.from({ length: 2500 }, () => EXAMPLE);
  expect((await storedRides(stream(...many), 'trips')).size).toBe(2500);
});
