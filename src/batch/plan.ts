import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import { NoChampionError } from '#registry/model-source.ts';
import { noRun, type Registry } from '#registry/registry.ts';
import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { type RunId, runIdSchema } from '#storage/run-id.ts';
import { daySchema } from '#trips/day.ts';
import { addMonths, type Month, monthAt, monthRange, monthSchema, parseMonth } from '#trips/month.ts';
import { type TaxiType, taxiTypeSchema } from '#trips/taxi-type.ts';
import { MAX_CONCURRENCY, MAX_MONTHS } from './limits.ts';
import type { MonthJob } from './outcome.ts';
import { hasReceipt } from './receipts.ts';

const common = {
  taxi_type: taxiTypeSchema.optional(),
  /** Which run scores; defaults to the champion. */
  run_id: runIdSchema.nullish(),
  force: z.boolean().default(false),
  all: z.boolean().default(false),
};

/** The request to score a month: its scheduled time, unless it names a day to use instead, or the month itself. */
export const monthRequestSchema = z.strictObject({
  ...common,
  month: monthSchema.nullish(),
  date: daySchema.nullish(),
  scheduledTime: z.iso.datetime({ offset: true }),
});
export type MonthRequest = z.infer<typeof monthRequestSchema>;

/** The request for a backfill. A concurrency of 0 is refused: to Step Functions it means "unlimited". */
export const backfillRequestSchema = z.strictObject({
  ...common,
  from: monthSchema,
  to: monthSchema,
  maxConcurrency: z.int().min(1).max(MAX_CONCURRENCY).default(1),
});
export type BackfillRequest = z.infer<typeof backfillRequestSchema>;

export interface PlanDeps {
  readonly data: ObjectStore;
  readonly registry: Registry;
  readonly defaultTaxiType: TaxiType;
  /** From the schedule: the time zone in which "the 15th" is meant, and how many months back the month to score is. */
  readonly timeZone: string;
  readonly monthsBack: number;
  /** Where Score reads months from instead of raw/ (INPUT_FILE_PATTERN); nothing is ingested then. */
  readonly inputPattern?: string | undefined;
  /** How many months before the scheduled one a run looks back for owed ones. */
  readonly lookBackMonths: number;
}

export interface MonthPlan extends MonthJob {
  /** Whether the raw month is in the bucket; if not, it has to be ingested first. */
  readonly present: boolean;
}

export interface ScheduledMonthPlan extends MonthPlan {
  /** Whether to wait for its publication; an owed month is checked once per run. */
  readonly patient: boolean;
}

/**
 * Decides which month, which run, and whether the raw month is there. Unless a month or a day was requested, the months
 * that earlier executions gave up on are planned first.
 * @throws TripcastError when there is no run to score with, or it is for the other taxi type
 * @example
 * const { months } = await planMonth(monthRequestSchema.parse({ scheduledTime: '2023-05-15T00:00:00Z' }), deps);
 * // the months still owed, then 2023-04
 */
export async function planMonth(
  request: MonthRequest,
  deps: PlanDeps,
): Promise<{ readonly months: readonly ScheduledMonthPlan[] }> {
  const month = monthToScore(request, deps);
  const taxiType = request.taxi_type ?? deps.defaultTaxiType;
  const isScheduled = request.month == null && request.date == null;
  const owed = isScheduled ? await owedMonths(deps.data, taxiType, month, deps.lookBackMonths) : [];
  const plans = await plansOf([...owed, month], taxiType, request, deps);
  return { months: plans.map((plan) => ({ ...plan, patient: plan.month === month })) };
}

/**
 * The months of a backfill, oldest first, all with the same run.
 * @throws TripcastError when `to` is before `from`, or the range is longer than {@link MAX_MONTHS}
 * @example
 * const { months } = await planBackfill(backfillRequestSchema.parse({ from: '2022-02', to: '2022-05' }), deps); // 4
 */
export async function planBackfill(
  request: BackfillRequest,
  deps: PlanDeps,
): Promise<{ readonly maxConcurrency: number; readonly months: readonly MonthPlan[] }> {
  const taxiType = request.taxi_type ?? deps.defaultTaxiType;
  const plans = await plansOf(backfillRange(request.from, request.to), taxiType, request, deps);
  return { maxConcurrency: request.maxConcurrency, months: plans };
}

/** @throws TripcastError as {@link planBackfill} */
export function backfillRange(from: Month, to: Month): readonly Month[] {
  const months = monthRange(from, to);
  if (months.length <= MAX_MONTHS) return months;
  throw new TripcastError(
    `${from}..${to} is ${months.length} months; one execution takes at most ${MAX_MONTHS}`,
    'Split it into several backfills.',
  );
}

async function plansOf(
  months: readonly Month[],
  taxiType: TaxiType,
  { run_id, force, all }: Pick<MonthRequest, 'run_id' | 'force' | 'all'>,
  { data, registry, inputPattern }: PlanDeps,
): Promise<readonly MonthPlan[]> {
  const run = await runToScore(registry, taxiType, run_id);
  const isPresent = async (month: Month) =>
    inputPattern !== undefined || (await data.head(dataKeys.raw(taxiType, month))) !== undefined;
  return Promise.all(
    months.map(async (month) => ({
      taxi_type: taxiType,
      month,
      run_id: run,
      force,
      all,
      present: await isPresent(month),
    })),
  );
}

/**
 * Months before `month` that no run has scored, oldest first: not published when their turn came, or failed.
 * @param lookBack how many months before it can still be owed
 */
async function owedMonths(
  data: ObjectStore,
  taxiType: TaxiType,
  month: Month,
  lookBack: number,
): Promise<readonly Month[]> {
  const earlier = Array.from({ length: lookBack }, (_, i) => addMonths(month, i - lookBack));
  const scored = await Promise.all(earlier.map((each) => hasReceipt(data, taxiType, each)));
  return earlier.filter((_, i) => !scored[i]);
}

/** The month that a request is about: the one it names, or the one that precedes its day or scheduled time. */
export function monthToScore(
  { month, date, scheduledTime }: Pick<MonthRequest, 'month' | 'date' | 'scheduledTime'>,
  { timeZone, monthsBack }: Pick<PlanDeps, 'timeZone' | 'monthsBack'>,
): Month {
  if (month != null) return month;
  const scheduled = date == null ? monthAt(new Date(scheduledTime), timeZone) : parseMonth(date.slice(0, 7));
  return addMonths(scheduled, -monthsBack);
}

/**
 * The requested run, or else the champion.
 * @throws TripcastError when there is none, or it is for the other taxi type
 */
export async function runToScore(
  registry: Registry,
  taxiType: TaxiType,
  asked: RunId | null | undefined,
): Promise<RunId> {
  if (asked != null) {
    const card = await registry.card(asked);
    if (card === undefined) throw noRun(asked);
    if (card.taxi_type !== taxiType) {
      throw new TripcastError(
        `Run ${asked} was trained on ${card.taxi_type} rides and cannot score ${taxiType} rides`,
        `Give a run of ${taxiType} rides, or --taxi-type ${card.taxi_type}.`,
      );
    }
    return asked;
  }
  const champion = await registry.champion(taxiType);
  if (champion === undefined) throw new NoChampionError(taxiType);
  return champion.pointer.run_id;
}
