import { z } from 'zod';
import { type Month, monthSchema } from '#trips/month.ts';
import { type MonthOutcome, type MonthStatus, monthOutcomeSchema } from './outcome.ts';

/** The progress of one month of a running execution. */
export interface MonthProgress {
  readonly month: Month;
  readonly state: 'queued' | 'ingesting' | 'scoring' | MonthStatus;
  /** Set once it is done. */
  readonly outcome: MonthOutcome | undefined;
}

const plannedSchema = z.object({ month: monthSchema, present: z.boolean() });
const ingestedSchema = z.object({ month: monthSchema, status: z.literal('ingested') });
/** A function's answer is wrapped in a Payload; Plan and the Map output all months at once. */
const payloadSchema = z.object({ Payload: z.unknown() }).transform(({ Payload }) => Payload);
const monthsSchema = z.object({ months: z.array(z.unknown()) }).transform(({ months }) => months);

/**
 * The progress of an execution's months, judging by the output of its states so far. A state in progress has no output
 * yet, but items of a Map start in order, so the first unfinished months are the ones in progress.
 * @param outputs in chronological order
 * @param months the months that the execution was asked for
 */
export function monthProgress(
  outputs: readonly unknown[],
  { months, maxConcurrency }: { readonly months: readonly Month[]; readonly maxConcurrency: number },
): readonly MonthProgress[] {
  const outcomes = new Map(outcomesIn(outputs).map((outcome) => [outcome.month, outcome]));
  const readyToScore = new Set(outputs.flatMap(itemsOf).flatMap(presentMonth));
  const isPlanned = outputs.length > 0;
  let underWay = 0;
  return months.map((month) => {
    const outcome = outcomes.get(month);
    if (outcome !== undefined) return { month, state: outcome.status, outcome };
    const isWorkedOn = isPlanned && underWay < maxConcurrency;
    underWay += 1;
    const state = !isWorkedOn ? 'queued' : readyToScore.has(month) ? 'scoring' : 'ingesting';
    return { month, state, outcome };
  });
}

/** The latest outcome of each finished month, in the order in which they finished. */
export function outcomesIn(outputs: readonly unknown[]): readonly MonthOutcome[] {
  const found = outputs.flatMap(itemsOf).flatMap((item) => monthOutcomeSchema.safeParse(item).data ?? []);
  return [...new Map(found.map((outcome) => [outcome.month, outcome])).values()];
}

function itemsOf(output: unknown): readonly unknown[] {
  const payload = payloadSchema.safeParse(output).data ?? output;
  return monthsSchema.safeParse(payload).data ?? [payload];
}

function presentMonth(item: unknown): readonly Month[] {
  const ingested = ingestedSchema.safeParse(item);
  if (ingested.success) return [ingested.data.month];
  const planned = plannedSchema.safeParse(item);
  return planned.success && planned.data.present ? [planned.data.month] : [];
}
