import { z } from 'zod';
import { type Clock, isoTime } from '#clock.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { monthRequestSchema, monthToScore, type PlanDeps } from './plan.ts';
import { hasReceipt } from './receipts.ts';

/** An execution of the monthly state machine that is still running. */
export interface RunningExecution {
  readonly input: unknown;
  readonly startedAt: Date;
}

/** What a check needs from the state machine; implemented in src/adapters/step-functions.ts. */
export interface Executions {
  running(): AsyncIterable<RunningExecution>;
}

/** What a check needs from a metrics service; implemented in src/adapters/cloudwatch.ts. */
export interface MetricSink {
  /** Puts one value of a count metric. */
  put(name: string, value: number): Promise<void>;
}

/**
 * The request for a check. It is the request that starts the month itself, so that the check looks for the month which
 * that run was meant to score. As in the state machine, an invalid scheduled time means now.
 */
export const checkRequestSchema = monthRequestSchema.extend({
  scheduledTime: z.iso.datetime({ offset: true }).optional().catch(undefined),
});
export type CheckRequest = z.infer<typeof checkRequestSchema>;

export interface CheckMonthDeps extends Pick<PlanDeps, 'data' | 'defaultTaxiType' | 'timeZone' | 'monthsBack'> {
  readonly executions: Executions;
  readonly metrics: MetricSink;
  readonly clock: Clock;
}

export interface MonthCheck {
  readonly taxi_type: TaxiType;
  readonly month: Month;
  /** `running`: an execution is working on it, or waiting for the month to be published. */
  readonly found: 'receipt' | 'running' | 'nothing';
}

/** An alarm watches it: 1 if the month has not been scored and nothing is working on it, else 0. */
const MONTH_MISSING = 'MonthMissing';

/** Checks whether a month was scored or is being worked on, and puts the answer into the metric {@link MONTH_MISSING}. */
export async function checkMonth(request: CheckRequest, deps: CheckMonthDeps): Promise<MonthCheck> {
  const month = monthOf(request, isoTime(deps.clock), deps);
  const taxiType = request.taxi_type ?? deps.defaultTaxiType;
  const found = await whatIsThere(taxiType, month, deps);
  await deps.metrics.put(MONTH_MISSING, found === 'nothing' ? 1 : 0);
  return { taxi_type: taxiType, month, found };
}

async function whatIsThere(taxiType: TaxiType, month: Month, deps: CheckMonthDeps) {
  if (await hasReceipt(deps.data, taxiType, month)) return 'receipt';
  for await (const { input, startedAt } of deps.executions.running()) {
    const { success, data: request } = checkRequestSchema.safeParse(input);
    if (!success) continue; // Plan refuses it
    const isOfType = (request.taxi_type ?? deps.defaultTaxiType) === taxiType;
    if (isOfType && monthOf(request, startedAt.toISOString(), deps) === month) return 'running';
  }
  return 'nothing';
}

/** @param startedAt when an execution with this request started, or would start */
const monthOf = (request: CheckRequest, startedAt: string, deps: CheckMonthDeps): Month =>
  monthToScore({ ...request, scheduledTime: request.scheduledTime ?? startedAt }, deps);
