import type { RideId } from '#trips/ride-event.ts';
import { JsonBytes } from './json-bytes.ts';
import type { PredictionRecord } from './prediction-record.ts';
import type { StreamEntry } from './publish.ts';

const utf8 = new TextEncoder();

/** A value as a stream entry: one JSON line. It ends in a newline: Firehose joins records without a separator. */
export function jsonEntry(value: unknown, rideId: RideId): StreamEntry {
  return { data: utf8.encode(`${JSON.stringify(value)}\n`), partitionKey: partitionKey(rideId) };
}

const KEY_UNITS = 256;

/**
 * The ride_id in a form that any stream accepts: one bad key fails a whole PutRecords call. Kinesis allows 256 Unicode
 * characters but does not say whether it counts an emoji as one or as two UTF-16 units, so the key is limited to 256
 * units. The same ride_id still gets the same key. A lone surrogate is legal in JSON but not in a key.
 */
const partitionKey = (rideId: RideId) => String(rideId).slice(0, KEY_UNITS).toWellFormed();

/** More than most records take. */
const RECORD_BYTES = 512;

/** The same as `jsonEntry` for each record, in a fraction of the time; a property test checks that they are equal. */
export function encode(records: readonly PredictionRecord[]): readonly StreamEntry[] {
  const json = new JsonBytes(records.length * RECORD_BYTES);
  let batch: BatchParts | undefined;
  return records.map((record) => {
    if (batch === undefined || !isOf(batch, record)) batch = partsOf(record);
    const { prediction } = record;
    json.raw(batch.head);
    json.number(prediction.ride_duration);
    json.raw(RIDE_ID);
    if (typeof prediction.ride_id === 'number') json.number(prediction.ride_id);
    else json.text(prediction.ride_id);
    json.raw(INTERVAL);
    json.number(prediction.interval[0]);
    json.raw(COMMA);
    json.number(prediction.interval[1]);
    json.raw(DISTANCE_SOURCE[prediction.distance_source]);
    json.text(record.prediction_id);
    json.raw(batch.tail);
    return { data: json.line(), partitionKey: partitionKey(prediction.ride_id) };
  });
}

const RIDE_ID = utf8.encode(',"ride_id":');
const INTERVAL = utf8.encode(',"interval":[');
const COMMA = utf8.encode(',');
const DISTANCE_SOURCE = {
  given: utf8.encode('],"distance_source":"given"},"prediction_id":'),
  typical: utf8.encode('],"distance_source":"typical"},"prediction_id":'),
} as const;

/** What the records of a batch have in common, before and after the parts that differ. */
interface BatchParts {
  readonly of: PredictionRecord;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

const isOf = ({ of }: BatchParts, { model, version, predicted_at, source }: PredictionRecord) =>
  of.version === version && of.predicted_at === predicted_at && of.model === model && of.source === source;

function partsOf(of: PredictionRecord): BatchParts {
  const { model, version, predicted_at, source } = of;
  const head = `{"model":${JSON.stringify(model)},"version":${JSON.stringify(version)},"prediction":{"ride_duration":`;
  const tail = `,"predicted_at":${JSON.stringify(predicted_at)},"source":${JSON.stringify(source)}}\n`;
  return { of, head: utf8.encode(head), tail: utf8.encode(tail) };
}
