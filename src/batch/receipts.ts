import { z } from 'zod';
import type { ModelCard } from '#model/card/card.ts';
import { runIdSchema } from '#storage/run-id.ts';
import { type Month, monthSchema } from '#trips/month.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';
import { REJECTIONS } from '#trips/tlc-file.ts';
import { EVALUATIONS, type Evaluation } from './outcome.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const file = z.object({ uri: z.string().startsWith('s3://'), sha256, bytes: z.int().nonnegative() });

/** The record of a scored month: enough to tell what was read, what was written, and by which model and code. */
export const receiptSchema = z.object({
  schema_version: z.literal(1),
  taxi_type: taxiTypeSchema,
  month: monthSchema,
  run_id: runIdSchema,
  source: file,
  output: file.extend({
    etag: z.string().optional().describe("the bucket's own; what is there now is compared with it"),
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

/** The one line that points at a month's published output. */
export const currentSchema = z.object({
  taxi_type: taxiTypeSchema,
  year: z.int(),
  month: z.int(),
  key: z.string(),
  run_id: runIdSchema,
  receipt: z.string(),
  sha256,
});
export type Current = Readonly<z.infer<typeof currentSchema>>;

/** Where a month falls relative to the months that the model was trained on. */
export function evaluationOf(card: ModelCard, month: Month): Evaluation {
  const trained = card.train.months.map((each) => each.month);
  if (trained.includes(month)) return 'in-training';
  return trained.every((each) => month < each) ? 'before-training' : 'after-training';
}
