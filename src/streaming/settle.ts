import { createHash } from 'node:crypto';
import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { RejectedRecord, RejectionReason } from './decode.ts';
import { shardOf } from './kinesis-event.ts';
import type { PredictionRecord } from './prediction-record.ts';

/** What Lambda is told: it delivers again from the lowest sequence number among the failures on. */
export interface StreamResponse {
  readonly predictions: readonly PredictionRecord[];
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export function streamResponse(predictions: readonly PredictionRecord[], failed: readonly string[]): StreamResponse {
  return { predictions, batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** One line of a quarantine object: why a record could not be scored, and all that is needed to send it again. */
export interface QuarantinedRecord {
  readonly prediction_id: string;
  readonly reason: RejectionReason;
  readonly field: string | null;
  readonly message: string;
  /** The record's bytes, base64, as they came. */
  readonly raw: string;
  readonly shard: string;
  readonly arrived_at: string;
  readonly code_version: string;
}

/**
 * Writes the bad records of a batch as one object of JSON lines. Its key comes from the records alone: the same ones,
 * delivered again, land on the same object.
 */
export async function quarantine(
  store: ObjectStore,
  rejected: readonly RejectedRecord[],
  codeVersion: string,
): Promise<void> {
  const [first] = rejected;
  if (first === undefined) return;
  const lines = rejected.map((each) => `${JSON.stringify(quarantined(each, codeVersion))}\n`);
  await store.put(
    dataKeys.quarantine(arrivedAt(first), `${shardOf(first.record)}-${digest(rejected)}`),
    lines.join(''),
    {
      contentType: 'application/x-ndjson',
    },
  );
}

function quarantined(rejected: RejectedRecord, codeVersion: string): QuarantinedRecord {
  return {
    prediction_id: rejected.predictionId,
    reason: rejected.reason,
    field: rejected.field ?? null,
    message: rejected.message,
    raw: rejected.record.kinesis.data,
    shard: shardOf(rejected.record),
    arrived_at: arrivedAt(rejected).toISOString(),
    code_version: codeVersion,
  };
}

const arrivedAt = ({ record }: RejectedRecord) => new Date(record.kinesis.approximateArrivalTimestamp * 1000);

function digest(rejected: readonly RejectedRecord[]): string {
  const hash = createHash('sha256');
  // Not by prediction_id: what is requeued and refused again keeps its own, and must not take its first object's place.
  for (const { record } of rejected) hash.update(`${record.kinesis.sequenceNumber}\n`);
  return hash.digest('hex').slice(0, 16);
}
