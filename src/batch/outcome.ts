import { z } from 'zod';
import { runIdSchema } from '#storage/run-id.ts';
import { monthSchema } from '#trips/month.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';

/** What became of a month: the final result of the score function, of an execution and of `tripcast batch`. */
export const STATUSES = ['scored', 'unchanged', 'not-published', 'refused', 'failed'] as const;
export type MonthStatus = (typeof STATUSES)[number];

/** Whether the model was trained on the month; errors of `in-training` months are kept out of comparisons. */
export const EVALUATIONS = ['in-training', 'before-training', 'after-training'] as const;
export type Evaluation = (typeof EVALUATIONS)[number];

/** What a month's schema report decides: score it, score it with notes, or don't score it. */
export const DECISIONS = ['fine', 'fine-with-notes', 'refuse'] as const;

/** What the states of a month pass to one another. */
export const monthJobSchema = z.object({
  taxi_type: taxiTypeSchema,
  month: monthSchema,
  /** Resolved once, when the execution is planned, so that a promotion midway changes nothing. */
  run_id: runIdSchema,
  /** Score again even if there is a receipt. */
  force: z.boolean(),
  /** Score rides outside 1..60 minutes as well. */
  all: z.boolean(),
});
export type MonthJob = Readonly<z.infer<typeof monthJobSchema>>;

/** What monitoring found in a month; `report` and `page` are s3:// addresses. */
const monitoringSchema = z.discriminatedUnion('verdict', [
  z.object({
    verdict: z.enum(['steady', 'drifted', 'harm', 'not-enough-data']),
    takeaway: z.string(),
    report: z.string(),
    page: z.string(),
  }),
  z.object({ verdict: z.literal('failed'), note: z.string() }),
]);
export type MonthMonitoring = Readonly<z.infer<typeof monitoringSchema>>;

export const monthOutcomeSchema = z.object({
  taxi_type: taxiTypeSchema,
  month: monthSchema,
  status: z.enum(STATUSES),
  rows_in: z.int().nullable(),
  rows_scored: z.int().nullable(),
  rmse: z.number().nullable(),
  evaluation: z.enum(EVALUATIONS).nullable(),
  /** `receipt` and `output` are s3:// addresses. */
  receipt: z.string().nullable(),
  output: z.string().nullable(),
  seconds: z.number().nullable(),
  /** One sentence for people: why it was refused, what was found. */
  note: z.string().nullable(),
  /** How the raw file compares with the training files; null if it was not inspected. */
  schema: z.object({ decision: z.enum(DECISIONS), notes: z.array(z.string()), report: z.string() }).nullish(),
  /** undefined: nothing was scored, so there is nothing to monitor. */
  monitoring: monitoringSchema.optional(),
});
export type MonthOutcome = Readonly<z.infer<typeof monthOutcomeSchema>>;

/** The result of an execution of either state machine: all its months, whatever became of them. */
export const monthOutcomesSchema = z.object({ months: z.array(monthOutcomeSchema) });

/** The error of an execution in which some months failed; any other error occurred before the first month. */
export const MONTHS_FAILED = 'MonthsFailed';

/** An outcome with nothing scored. */
export function withoutScore(
  job: Pick<MonthJob, 'taxi_type' | 'month'>,
  status: MonthStatus,
  note: string,
): MonthOutcome {
  return {
    taxi_type: job.taxi_type,
    month: job.month,
    status,
    rows_in: null,
    rows_scored: null,
    rmse: null,
    evaluation: null,
    receipt: null,
    output: null,
    seconds: null,
    note,
  };
}
