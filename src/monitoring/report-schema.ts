import { z } from 'zod';
import { runIdSchema } from '#storage/run-id.ts';
import { monthSchema } from '#trips/month.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';
import { PRESETS } from './presets.ts';

/** report.json: what monitoring found in one month's predictions of one run. Minutes, unless a description says otherwise. */

const count = z.int().nonnegative();
const share = z.number().min(0).max(1);
const verdict = z.enum(['drifted', 'steady', 'not-enough-data']);

const distributionSchema = z.object({
  kind: z.enum(['numeric', 'categorical']),
  labels: z.array(z.string()).describe('where a bar begins, or a level'),
  reference: z.array(share),
  current: z.array(share),
});
export type Distribution = Readonly<z.infer<typeof distributionSchema>>;

const columnSchema = z.object({
  column: z.string(),
  method: z.string().nullable(),
  score: z.number().nullable().describe('a distance or a p-value, as the method says'),
  threshold: z.number().nullable(),
  verdict,
  drifted: z.boolean(),
  interval: z.tuple([z.number(), z.number()]).optional().describe('95% of the score'),
  p: share.optional().describe("Holm's, of: no more than the threshold"),
  missing: z.object({ reference: share, current: share }),
  distribution: distributionSchema.optional(),
});

const meanAndSpread = z.object({ mean: z.number(), std: z.number().nullable() });
const qualitySchema = z.object({
  rows: count,
  error: meanAndSpread.describe('prediction minus actual duration'),
  absolute_error: meanAndSpread,
  percentage_error: meanAndSpread.describe('percent of the actual duration'),
  rmse: z.number(),
  r2: z.number().nullable(),
  max_error: z.number(),
  dummy: z
    .object({ rmse: z.number(), mae: z.number(), mape: z.number(), max_error: z.number() })
    .describe('of the best constant predictions'),
  coverage_90: share.describe('rides inside their 90% interval'),
});
export type MonthQuality = Readonly<z.infer<typeof qualitySchema>>;

const groupSchema = z.object({
  group: z.string(),
  rows: count,
  mae: z.number(),
  rmse: z.number(),
  bias: z.number().describe('mean of prediction minus actual duration'),
  coverage_90: share,
  reference_mae: z.number().nullable().describe('the same group in the reference; null = no ride there'),
});
export type SegmentFigures = Readonly<z.infer<typeof groupSchema>>;

const daySchema = z.object({
  day: z.iso.date(),
  rides: count,
  mae: z.number().nullable().describe('null = no labels'),
  bias: z.number().nullable(),
  expected_mae: z.number().describe('estimated without labels'),
});
export type DayFigures = Readonly<z.infer<typeof daySchema>>;

const bandSchema = z.object({
  from: z.number().describe('predictions from here on, minutes'),
  rides: count,
  predicted: z.number().describe('mean'),
  actual: z.number().describe('mean'),
});
export type BandFigures = Readonly<z.infer<typeof bandSchema>>;

const harmSchema = z.discriminatedUnion('verdict', [
  z.object({ verdict: z.literal('not-enough-data'), days: count }),
  z.object({
    verdict: z.enum(['harm', 'no-harm']),
    days: count,
    error: z.number(),
    limit: z.number(),
    low: z.number(),
    since: z.iso.date().nullable().describe('the day on which the evidence sufficed; null = it does not'),
  }),
]);

const sampledRows = z.object({ reference: count, current: count }).describe('rows that the classifier was given');
const classifierSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('not-enough-data'), rows: sampledRows }),
  z.object({
    outcome: z.literal('explained'),
    rows: sampledRows,
    auc: share.describe('0.5 = the months cannot be told apart, 1 = any two rides can'),
    interval: z.tuple([share, share]).describe('95% of the AUC, over whole days'),
    features: z
      .array(z.object({ column: z.string(), gain: share }))
      .describe('columns that tell the months apart, by their share of the gain, largest first'),
  }),
]);

export const monthReportSchema = z.object({
  schema_version: z.literal(1),
  taxi_type: taxiTypeSchema,
  month: monthSchema,
  run_id: runIdSchema,
  evaluation: z.enum(['in-training', 'before-training', 'after-training']),
  reference: z.object({
    month: monthSchema,
    in_training: z.boolean().describe('the model was trained on it: its errors flatter'),
  }),
  takeaway: z.string().describe('what a person needs to know, in a sentence or two'),
  rows: z.object({ scored: count, labelled: count, reference: count }),
  drift: z.object({
    preset: z.enum(PRESETS),
    verdict,
    drifted_share: share.nullable(),
    columns: z.array(columnSchema),
    only_in_reference: z.array(z.string()),
    only_in_current: z.array(z.string()),
  }),
  classifier: classifierSchema.optional().describe('explains a drift, decides nothing; absent = switched off'),
  quality: qualitySchema.nullable().describe('null = no labels'),
  reference_quality: qualitySchema,
  harm: harmSchema,
  estimate: z.object({
    expected_mae: z.number().nullable(),
    reference_mae: z.number(),
    factor: z.number().describe('expected absolute error per minute of interval width, from the reference'),
    harm: harmSchema.describe('the same test on the expected errors, which needs no labels; it raises no alarm'),
  }),
  segments: z.record(z.string(), z.array(groupSchema)).describe('by grouping: hour_band, hour, pickup_borough, ...'),
  calibration: z.array(bandSchema).describe('rides by how long they were predicted to take'),
  days: z.array(daySchema),
  zones: z.array(z.object({ zone: count, rides: count, mae: z.number(), bias: z.number() })),
  code_version: z.string(),
  created_at: z.iso.datetime(),
});
export type MonthReport = Readonly<z.infer<typeof monthReportSchema>>;
