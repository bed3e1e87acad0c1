import type { RideId } from '../trips/ride-event.ts';
import type { PredictionRecord } from './prediction-record.ts';
import type { StreamEntry } from './publish.ts';

const utf8 = new TextEncoder();

/** A value as a stream carries it: one JSON line. The line ends, because Firehose joins records with nothing between. */
export function jsonEntry(value: unknown, rideId: RideId): StreamEntry {
  return { data: utf8.encode(`${JSON.stringify(value)}\n`), partitionKey: partitionKey(rideId) };
}

/** Half a surrogate pair is legal in JSON, and so in a ride_id; as a partition key it would refuse the whole call. */
const partitionKey = (rideId: RideId) => String(rideId).toWellFormed();

export const encode = (records: readonly PredictionRecord[]): readonly StreamEntry[] =>
  records.map((record) => jsonEntry(record, record.prediction.ride_id));
