import { z } from 'zod';
import { runIdSchema } from '#storage/run-id.ts';
import { monthSchema } from '#trips/month.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';

const minutes = z.number();
const share = z.number().min(0).max(1);

/** A champion on all rides of a month that cleaning keeps. */
export const figuresSchema = z.object({
  rmse: minutes,
  mae: minutes,
  bias: minutes.describe('mean of prediction minus actual duration'),
  coverage_90: share.describe('rides inside their 90% interval'),
  coverage_80: share,
});
export type BacktestFigures = Readonly<z.infer<typeof figuresSchema>>;

export const monthFiguresSchema = z.object({
  rides: z.int().positive(),
  metered: figuresSchema,
  no_distance: figuresSchema.describe('the same rides with no distance given'),
});
export type MonthFigures = Readonly<z.infer<typeof monthFiguresSchema>>;

/** What happened at the start of a month. */
export const DECISIONS = ['first', 'promoted', 'refused', 'kept', 'no-champion'] as const;

const monthOutcomeSchema = z.object({
  month: monthSchema,
  decision: z
    .enum(DECISIONS)
    .describe('first = the first champion; kept = no training; no-champion = nothing could be trained so far'),
  /** The gate's words about a challenger, or why there was no training. */
  why: z.array(z.string()),
  /** What a challenger was trained on at the start of the month; null if there was none. */
  trained_on: z.array(monthSchema).nullable(),
  champion: z.object({ run_id: runIdSchema, trained_on: z.array(monthSchema) }).nullable(),
  recalibrated_on: z.array(monthSchema).nullable().describe('the months of its interval tables, if they are newer'),
  /** null if there is no champion, or the data lacks the month. */
  figures: monthFiguresSchema.nullable(),
});
export type MonthOutcome = Readonly<z.infer<typeof monthOutcomeSchema>>;

const summarySchema = z.object({
  months: z.int(),
  rides: z.int(),
  metered: figuresSchema,
  no_distance: figuresSchema,
  worst_coverage_90: z.object({
    metered: z.object({ month: monthSchema, share }),
    no_distance: z.object({ month: monthSchema, share }),
  }),
});
export type Summary = Readonly<z.infer<typeof summarySchema>>;

const policyResultSchema = z.object({
  policy: z.string(),
  months: z.array(monthOutcomeSchema),
  trained: z.int(),
  promoted: z.int(),
  refused: z.int(),
  seconds: z.number().describe('of all its trainings'),
  dollars: z.number(),
  /** Over the months that every policy scored; null if there is none. */
  all: summarySchema.nullable(),
});
export type PolicyResult = Readonly<z.infer<typeof policyResultSchema>>;

/** report.json of a backtest. */
export const backtestSchema = z.object({
  schema_version: z.literal(1),
  taxi_type: taxiTypeSchema,
  recipe: z.string(),
  from: monthSchema,
  to: monthSchema,
  late: z.int().nonnegative(),
  recalibrate: z.boolean(),
  policies: z.array(policyResultSchema),
  takeaway: z.string(),
  notes: z.array(z.string()),
  created_at: z.iso.datetime(),
});
export type Backtest = Readonly<z.infer<typeof backtestSchema>>;
