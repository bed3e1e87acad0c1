import { createHash } from 'node:crypto';
import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { REJECTION_REASONS, type RejectedRecord } from './decode.ts';
import { shardOf } from './kinesis-event.ts';
import type { OwedRecord } from './owed-record.ts';
import { requeuedId } from './prediction-record.ts';

/** One line of a quarantine object: why a record could not be scored, and everything needed to resend it. */
const lineSchema = z.object({
  prediction_id: z.string(),
  reason: z.enum(REJECTION_REASONS),
  field: z.string().nullable(),
  message: z.string(),
  /** The record's original bytes, in base64. */
  raw: z.string(),
  shard: z.string(),
  arrived_at: z.iso.datetime(),
  code_version: z.string(),
});

export type QuarantinedRecord = z.infer<typeof lineSchema>;

/** What requeuing reads from a line; a line written by an older version, or by hand, needs nothing more. */
const owedLineSchema = lineSchema
  .pick({ prediction_id: true, raw: true, arrived_at: true })
  .extend({ reason: z.string() });

/**
 * Writes the bad records of a batch as one object of JSON lines. Its key depends only on the records, so that the same
 * ones, when redelivered, end up in the same object.
 */
export async function quarantine(
  store: ObjectStore,
  rejected: readonly RejectedRecord[],
  codeVersion: string,
): Promise<void> {
  const [first] = rejected;
  if (first === undefined) return;
  const lines = rejected.map((each) => `${JSON.stringify(lineOf(each, codeVersion))}\n`);
  await store.put(
    dataKeys.quarantine(arrivedAt(first), `${shardOf(first.record)}-${digest(rejected)}`),
    lines.join(''),
    {
      contentType: 'application/x-ndjson',
    },
  );
}

/** The records of a quarantine object, to be resent. @throws TripcastError naming the first invalid line */
export function quarantinedRecords(text: string): readonly OwedRecord[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line, i) => {
    const { prediction_id, reason, arrived_at, raw } = parseLine(line, i + 1);
    return { predictionId: requeuedId(prediction_id), reason, arrivedAt: new Date(arrived_at), raw };
  });
}

function lineOf(rejected: RejectedRecord, codeVersion: string): QuarantinedRecord {
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

function parseLine(line: string, n: number): z.infer<typeof owedLineSchema> {
  try {
    return owedLineSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new TripcastError(`Line ${n} is not a quarantined record (${cause})`, 'Move it out of quarantine/.', {
      cause,
    });
  }
}

const arrivedAt = ({ record }: RejectedRecord) => new Date(record.kinesis.approximateArrivalTimestamp * 1000);

function digest(rejected: readonly RejectedRecord[]): string {
  const hash = createHash('sha256');
  // Not by prediction_id: a requeued record that is refused again keeps its id, and must not overwrite its first object.
  for (const { record } of rejected) hash.update(`${record.kinesis.sequenceNumber}\n`);
  return hash.digest('hex').slice(0, 16);
}
