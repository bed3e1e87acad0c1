import { z } from 'zod';
import { type Month, monthSchema } from '#trips/month.ts';
import { type MonthOutcome, type MonthStatus, monthOutcomeSchema } from './outcome.ts';

/** How far a month of a running execution is. */
export interface MonthProgress {
  readonly month: Month;
  readonly state: 'queued' | 'ingesting' | 'scoring' | MonthStatus;
  /** Once it is done. */
  readonly outcome: MonthOutcome | undefined;
}

const plannedSchema = z.object({ month: monthSchema, present: z.boolean() });
const ingestedSchema = z.object({ month: monthSchema, status: z.literal('ingested') });
/** A function's answer comes in a Payload; Plan and the Map put out all months at once. */
const payloadSchema = z.object({ Payload: z.unknown() }).transform(({ Payload }) => Payload);
const monthsSchema = z.object({ months: z.array(z.unknown()) }).transform(({ months }) => months);

/**
 * How far the months of an execution are, by what its states have put out so far. A state that is under way puts out
 * nothing, but items of a Map start in their order: so it is the first months not done that are being worked on.
 * @param outputs in the order of time
 * @param months those that the execution was asked for
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

/** The months that are done, by the latest that was said of each, in the order in which they were done. */
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
