import { z } from 'zod';
import { type MonthMonitoring, type MonthOutcome, monthOutcomeSchema } from '#batch/outcome.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { type MonthMetrics, metricsOf } from './metrics.ts';
import { type MonitorMonthDeps, monitorMonth } from './monitor-month.ts';
import { verdictOf } from './month-verdict.ts';
import { type Notice, noticeOf } from './notice.ts';
import type { MonthReport } from './report-schema.ts';
import { type RetrainingEvent, type RetrainReason, retrainingEvent } from './retraining.ts';
import { type RollbackDeps, rollBackIfWorse, rollbackMetrics, rollbackNotice } from './rollback.ts';
import { limitsOf, type MonitoringSettings } from './settings.ts';
import { standingReport } from './standing-report.ts';

/** A scored month, and whether to keep quiet about what is found: a backfill notifies nobody. */
export const monitorInputSchema = monthOutcomeSchema.extend({ quiet: z.boolean().default(false) });

export interface MonitorStateDeps extends Omit<MonitorMonthDeps, 'limits'> {
  readonly settings: MonitoringSettings;
  /** What starts a retraining. */
  readonly retrainOn: readonly RetrainReason[];
  readonly env: string;
  metricsFor(taxiType: TaxiType): MonthMetrics;
  /** Takes a champion back whose error is worse than the one's before it; undefined = never. */
  readonly rollback?: Pick<RollbackDeps, 'registry' | 'loadScorer' | 'toleranceMinutes'> | undefined;
}

export interface MonitoredOutcome {
  readonly outcome: MonthOutcome & { readonly monitoring: MonthMonitoring };
  /** What the state machine is to send. */
  readonly announce: { readonly notice?: Notice; readonly event?: RetrainingEvent };
}

/**
 * State Monitor: a scored month's report, its metrics, and what to tell whom. An unchanged month's report is not made
 * again, but counts and is announced again. Only a month after training says how the model does on new rides; of any other there is a report, but no metric, notice or retraining.
 * @throws TripcastError as {@link monitorMonth}; the state machine goes on without monitoring
 */
export async function monitorState(
  { quiet, ...outcome }: z.output<typeof monitorInputSchema>,
  { settings, retrainOn, env, metricsFor, rollback, ...deps }: MonitorStateDeps,
): Promise<MonitoredOutcome> {
  const { taxi_type: taxiType, month, status } = outcome;
  const standing = status === 'unchanged' ? await standingReport(taxiType, month, deps) : undefined;
  const limits = limitsOf(settings);
  const monitored = standing ?? (await monitorMonth(taxiType, month, undefined, { ...deps, limits }));
  const { report, uri, pageUri: page } = monitored;
  const found = {
    outcome: {
      ...outcome,
      monitoring: { verdict: verdictOf(report), takeaway: report.takeaway, report: uri, page },
    },
  };
  if (quiet || report.evaluation !== 'after-training') return { ...found, announce: {} };
  await metricsFor(taxiType).putAll(metricsOf(report));
  const rolledBack = rollback && (await checkChampion(report, { ...deps, ...rollback }, metricsFor(taxiType), env));
  const notice = bothNotices(rolledBack, noticeOf(report, { page, env }));
  const event = retrainingEvent({ report, uri, isNew: status === 'scored' }, retrainOn, env);
  return { ...found, announce: { ...(notice && { notice }), ...(event && { event }) } };
}

async function checkChampion(
  month: MonthReport,
  deps: RollbackDeps,
  metrics: MonthMetrics,
  env: string,
): Promise<Notice | undefined> {
  const outcome = await rollBackIfWorse(month, deps);
  await metrics.putAll(rollbackMetrics(outcome));
  return rollbackNotice(month, outcome, { toleranceMinutes: deps.toleranceMinutes, env });
}

/** The state machine sends one notice a month: what was done, then what was found. */
const bothNotices = (done: Notice | undefined, found: Notice | undefined): Notice | undefined =>
  done && found ? { subject: done.subject, message: `${done.message}\n\n${found.message}` } : (done ?? found);
