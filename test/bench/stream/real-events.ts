import { tmpdir } from 'node:os';
import { DuckDB } from '#adapters/duckdb.ts';
import type { KinesisEvent, KinesisRecord } from '#streaming/kinesis-event.ts';
import { recordedRides } from '#streaming/recorded-rides.ts';
import { eventOf, type RecordedRide } from '#streaming/replay.ts';
import { parseMonth } from '#trips/month.ts';
import type { RideEvent } from '#trips/ride-event.ts';

/** As the published contract shows an event (its ride_id a number, no time), or as `stream replay` sends it. */
export const FORMS = ['contract', 'replay'] as const;
export type Form = (typeof FORMS)[number];

/** The first real rides of a green month, `count` of them, as Lambda hands them over: `batchSize` to an invocation. */
export async function realEvents(path: string, count: number, batchSize: number, form: Form): Promise<KinesisEvent[]> {
  await using database = await DuckDB.open({ tempDirectory: tmpdir() });
  const month = parseMonth('2023-04');
  const records: KinesisRecord[] = [];
  for await (const ride of recordedRides(database, path, { taxiType: 'green', month, limit: count })) {
    if (isScorable(ride))
      records.push(recordOf(form === 'replay' ? eventOf(ride) : asInContract(ride, records.length), records.length));
  }
  const batches = Math.floor(records.length / batchSize);
  return Array.from({ length: batches }, (_, i) => ({ Records: records.slice(i * batchSize, (i + 1) * batchSize) }));
}

const isScorable = ({ pickupZone, dropoffZone }: RecordedRide) =>
  [pickupZone, dropoffZone].every((zone) => zone >= 1 && zone <= 265);

function asInContract(ride: RecordedRide, i: number): RideEvent {
  const { PULocationID, DOLocationID, trip_distance } = eventOf(ride).ride;
  return { ride: { PULocationID, DOLocationID, trip_distance }, ride_id: i };
}

function recordOf(event: RideEvent, i: number): KinesisRecord {
  const sequenceNumber = `49545115243490985018280067724973144${String(i).padStart(21, '0')}`;
  return {
    eventID: `shardId-000000000000:${sequenceNumber}`,
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/stg_taxi_trip_events',
    kinesis: {
      data: Buffer.from(JSON.stringify(event)).toString('base64'),
      sequenceNumber,
      approximateArrivalTimestamp: Date.UTC(2023, 3, 3, 12, 30) / 1000 + 0.987,
    },
  };
}
