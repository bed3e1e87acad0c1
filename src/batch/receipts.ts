import { z } from 'zod';
import type { ModelCard } from '#model/card/card.ts';
import { dataKeys, parseS3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { runIdSchema } from '#storage/run-id.ts';
import { sha256Schema } from '#storage/sha256.ts';
import { type Month, monthSchema } from '#trips/month.ts';
import { type TaxiType, taxiTypeSchema } from '#trips/taxi-type.ts';
import { REJECTIONS } from '#trips/tlc-file.ts';
import { EVALUATIONS, type Evaluation, type MonthJob } from './outcome.ts';

const file = z.object({ uri: z.string().startsWith('s3://'), sha256: sha256Schema, bytes: z.int().nonnegative() });

/** The record of a scored month: enough to tell what was read, what was written, and by which model and code. */
export const receiptSchema = z.object({
  schema_version: z.literal(1),
  taxi_type: taxiTypeSchema,
  month: monthSchema,
  run_id: runIdSchema,
  source: file,
  output: file.extend({
    etag: z.string().optional().describe("the bucket's own; compared with that of what is there now"),
  }),
  /** Whether rides outside 1..60 minutes were scored too. */
  all: z.boolean().default(false),
  /** in = scored + sum of rejected. */
  rows: z.object({
    in: z.int().nonnegative(),
    scored: z.int().nonnegative(),
    rejected: z.partialRecord(z.enum(REJECTIONS), z.int().positive()),
  }),
  /** In minutes, on scored rides; null when the source has no dropoff times. */
  errors: z.object({ rmse: z.number(), mae: z.number(), coverage_90: z.number() }).nullable(),
  /** On all rides whose duration is known, scored or not. */
  errors_on_all: z
    .object({ rides: z.int(), median_absolute: z.number(), mae: z.number(), outside_share: z.number() })
    .nullish(),
  /** Key of the same run's receipt for an earlier edition of the source. */
  supersedes: z.string().nullish(),
  evaluation: z.enum(EVALUATIONS),
  code_version: z.string(),
  engines: z.record(z.string(), z.string()),
  started_at: z.iso.datetime(),
  seconds: z.number().nonnegative(),
});
export type Receipt = Readonly<z.infer<typeof receiptSchema>>;

/** A receipt as it is in the data bucket. */
export interface StoredReceipt {
  readonly key: string;
  readonly etag: string;
  readonly text: string;
  readonly receipt: Receipt;
}

/** @returns undefined if there is no such receipt */
export async function readReceipt(data: ObjectStore, key: string): Promise<StoredReceipt | undefined> {
  const found = await data.get(key);
  if (found === undefined) return undefined;
  const text = new TextDecoder().decode(found.body);
  return { key, etag: found.etag, text, receipt: receiptSchema.parse(JSON.parse(text)) };
}

/** The run's latest receipt for the month: one for an earlier edition of the source if this edition has none. */
export async function latestReceipt(data: ObjectStore, job: MonthJob): Promise<StoredReceipt | undefined> {
  let latest: StoredReceipt | undefined;
  for await (const { key } of data.list(dataKeys.receipts(job.taxi_type, job.month, job.run_id))) {
    const found = await readReceipt(data, key);
    if (found && (latest === undefined || found.receipt.started_at > latest.receipt.started_at)) latest = found;
  }
  return latest;
}

/** Whether any run has scored the month. */
export async function hasReceipt(data: ObjectStore, taxiType: TaxiType, month: Month): Promise<boolean> {
  for await (const _ of data.list(dataKeys.receiptsOfMonth(taxiType, month))) return true;
  return false;
}

/** Whether the output that a receipt describes is still there, as written. */
export async function outputStands({ output }: Receipt, storeOf: (bucket: string) => ObjectStore): Promise<boolean> {
  const at = parseS3Uri(output.uri);
  const found = at && (await storeOf(at.bucket).head(at.key));
  return found?.size === output.bytes && (output.etag === undefined || found.etag === output.etag);
}

/** Where a month falls relative to the months that the model was trained on. */
export function evaluationOf(card: ModelCard, month: Month): Evaluation {
  const trained = card.train.months.map((each) => each.month);
  if (trained.includes(month)) return 'in-training';
  return trained.every((each) => month < each) ? 'before-training' : 'after-training';
}
