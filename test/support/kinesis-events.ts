import type { KinesisEvent, KinesisRecord } from '#streaming/kinesis-event.ts';

export const SHARD = 'shardId-000000000000';

/** The example ride of the published contract. */
export const EXAMPLE = { ride: { PULocationID: 130, DOLocationID: 205, trip_distance: 3.66 }, ride_id: 156 };

/** 2023-04-03T12:30:00Z, half past eight in New York. */
export const ARRIVED = Date.parse('2023-04-03T12:30:00Z') / 1000;

export const sequenceNumber = (n: number) => `4954511524349098501828006772497314458${String(n).padStart(6, '0')}`;

/** A record as Lambda delivers it. @param data text, bytes, or a value to be sent as JSON */
export function aRecord(data: unknown, n = 0): KinesisRecord {
  const bytes =
    typeof data === 'string' || data instanceof Uint8Array ? Buffer.from(data) : Buffer.from(JSON.stringify(data));
  return aRawRecord(bytes.toString('base64'), n);
}

/** @param base64 put into the record unchanged */
export const aRawRecord = (base64: string, n = 0): KinesisRecord => ({
  eventID: `${SHARD}:${sequenceNumber(n)}`,
  eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/stg_taxi_trip_events',
  kinesis: { data: base64, sequenceNumber: sequenceNumber(n), approximateArrivalTimestamp: ARRIVED + 0.987 },
});

/** The values as one batch, in order. */
export const anEvent = (...values: readonly unknown[]): KinesisEvent => ({ Records: values.map(aRecord) });
