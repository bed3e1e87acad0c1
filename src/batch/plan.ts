import { z } from 'zod';
import { shown, TripcastError } from '../errors.ts';
import type { Registry } from '../registry/registry.ts';
import { type RunId, runIdSchema } from '../registry/run-id.ts';
import { dataKeys } from '../storage/layout.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { addMonths, type Month, monthAt, monthRange, monthSchema, parseMonth } from '../trips/month.ts';
import { type TaxiType, taxiTypeSchema } from '../trips/taxi-type.ts';
import type { MonthJob } from './outcome.ts';

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a day, YYYY-MM-DD');
const common = {
  taxi_type: taxiTypeSchema.optional(),
  /** Which run scores; without one, the champion. */
  run_id: runIdSchema.nullish(),
  force: z.boolean().default(false),
  all: z.boolean().default(false),
};

/** What starts a month: nothing (the schedule's month), a scheduled time, a day as if it were that one, or the month itself. */
export const monthRequestSchema = z.strictObject({
  ...common,
  month: monthSchema.nullish(),
  date: day.nullish(),
  scheduledTime: z.iso.datetime({ offset: true }),
});
export type MonthRequest = z.infer<typeof monthRequestSchema>;

/** Lambda's own limit on concurrent scoring is far above; 40 is what a Map state inlined in an execution is allowed. */
export const MAX_CONCURRENCY = 40;

/** What starts a backfill. A concurrency of 0 is refused: to Step Functions it means "unlimited". */
export const backfillRequestSchema = z.strictObject({
  ...common,
  from: monthSchema,
  to: monthSchema,
  maxConcurrency: z.int().min(1).max(MAX_CONCURRENCY).default(1),
});
export type BackfillRequest = z.infer<typeof backfillRequestSchema>;

export interface PlanDependencies {
  readonly data: ObjectStore;
  readonly registry: Registry;
  readonly defaultTaxiType: TaxiType;
  /** The schedule's: in which time zone "the 15th" is meant, and how many months back the scored month lies. */
  readonly timeZone: string;
  readonly monthsBack: number;
}

export interface MonthPlan extends MonthJob {
  /** Whether the raw month is in the bucket; if not it is to be ingested first. */
  readonly present: boolean;
}

/** Decides which month, which run, and whether the raw month is there. */
export async function planMonth(request: MonthRequest, deps: PlanDependencies): Promise<MonthPlan> {
  const month = request.month ?? monthToScore(request, deps);
  const taxiType = request.taxi_type ?? deps.defaultTaxiType;
  const [run, raw] = await Promise.all([
    resolveRun(deps.registry, taxiType, request.run_id),
    deps.data.head(dataKeys.raw(taxiType, month)),
  ]);
  const { force, all } = request;
  return { taxi_type: taxiType, month, run_id: run, force, all, present: raw !== undefined };
}

/** The months of a backfill, oldest first, all with the same run. */
export async function planBackfill(
  request: BackfillRequest,
  deps: PlanDependencies,
): Promise<{ readonly maxConcurrency: number; readonly months: readonly MonthPlan[] }> {
  const months = monthRange(request.from, request.to);
  const taxiType = request.taxi_type ?? deps.defaultTaxiType;
  const run = await resolveRun(deps.registry, taxiType, request.run_id);
  const { force, all } = request;
  const plans = await Promise.all(
    months.map(async (month) => {
      const raw = await deps.data.head(dataKeys.raw(taxiType, month));
      return { taxi_type: taxiType, month, run_id: run, force, all, present: raw !== undefined };
    }),
  );
  return { maxConcurrency: request.maxConcurrency, months: plans };
}

function monthToScore(request: MonthRequest, { timeZone, monthsBack }: PlanDependencies): Month {
  const scheduled =
    request.date == null ? monthAt(new Date(request.scheduledTime), timeZone) : monthOfDay(request.date);
  return addMonths(scheduled, -monthsBack);
}

function monthOfDay(date: string): Month {
  const exists = !Number.isNaN(Date.parse(date)) && new Date(date).toISOString().startsWith(date);
  if (!exists) throw new TripcastError(`There is no day ${shown(date)}`, 'Give a day as YYYY-MM-DD.');
  return parseMonth(date.slice(0, 7));
}

async function resolveRun(registry: Registry, taxiType: TaxiType, asked: RunId | null | undefined): Promise<RunId> {
  if (asked != null) {
    const card = await registry.card(asked);
    if (card === undefined) {
      throw new TripcastError(`There is no completed run ${asked}`, '`tripcast train` makes one and prints its id.');
    }
    if (card.taxi_type !== taxiType) {
      throw new TripcastError(
        `Run ${asked} was trained on ${card.taxi_type} rides and cannot score ${taxiType} ones`,
        `Give a run of ${taxiType} rides, or --taxi-type ${card.taxi_type}.`,
      );
    }
    return asked;
  }
  const champion = await registry.champion(taxiType);
  if (champion !== undefined) return champion.pointer.run_id;
  throw new TripcastError(
    `There is no ${taxiType} champion to score with`,
    `Make one with \`tripcast train --taxi-type ${taxiType} --promote\`, or name a run.`,
  );
}
