import { z } from 'zod';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { hasReceipt } from './owed.ts';
import { monthRequestSchema, monthToScore, type PlanDependencies } from './plan.ts';

/** An execution of the monthly state machine that has not ended. */
export interface RunningExecution {
  readonly input: unknown;
  readonly startedAt: Date;
}

/** What a check needs of the state machine; src/adapters/step-functions.ts has it. */
export interface Executions {
  running(): AsyncIterable<RunningExecution>;
}

/** What a check needs of a metrics service; src/adapters/cloudwatch.ts has it. */
export interface MetricSink {
  /** One value of a metric that counts. */
  put(name: string, value: number): Promise<void>;
}

/**
 * What starts a check: what starts the month itself, so that it looks for the one which that run was to score. As in the
 * state machine, a scheduled time that is none stands for now.
 */
export const checkRequestSchema = monthRequestSchema.extend({
  scheduledTime: z.iso.datetime({ offset: true }).optional().catch(undefined),
});
export type CheckRequest = z.infer<typeof checkRequestSchema>;

export interface CheckMonthDependencies
  extends Pick<PlanDependencies, 'data' | 'defaultTaxiType' | 'timeZone' | 'monthsBack'> {
  readonly executions: Executions;
  readonly metrics: MetricSink;
  readonly now: () => Date;
}

export interface MonthCheck {
  readonly taxi_type: TaxiType;
  readonly month: Month;
  /** `running`: an execution is at it, or waits for the month to be published. */
  readonly found: 'receipt' | 'running' | 'nothing';
}

/** An alarm stands on it: 1 when nobody has scored the month and nobody is at it, else 0. */
const MONTH_MISSING = 'MonthMissing';

/** Asks whether a month was scored or is being worked on, and publishes the answer as {@link MONTH_MISSING}. */
export async function checkMonth(request: CheckRequest, deps: CheckMonthDependencies): Promise<MonthCheck> {
  const month = monthOf(request, deps.now(), deps);
  const taxiType = request.taxi_type ?? deps.defaultTaxiType;
  const found = await whatIsThere(taxiType, month, deps);
  await deps.metrics.put(MONTH_MISSING, found === 'nothing' ? 1 : 0);
  return { taxi_type: taxiType, month, found };
}

async function whatIsThere(taxiType: TaxiType, month: Month, deps: CheckMonthDependencies) {
  if (await hasReceipt(deps.data, taxiType, month)) return 'receipt';
  for await (const { input, startedAt } of deps.executions.running()) {
    const { success, data: request } = checkRequestSchema.safeParse(input);
    if (!success) continue; // Plan refuses it
    const isOfType = (request.taxi_type ?? deps.defaultTaxiType) === taxiType;
    if (isOfType && monthOf(request, startedAt, deps) === month) return 'running';
  }
  return 'nothing';
}

const monthOf = (request: CheckRequest, now: Date, deps: CheckMonthDependencies): Month =>
  monthToScore({ ...request, scheduledTime: request.scheduledTime ?? now.toISOString() }, deps);
