import { addMonths } from '#trips/month.ts';
import type { MonthReport } from './report-schema.ts';
import type { MonitoringSettings } from './settings.ts';

/** Days at the end of the monitored month that a retrained model is judged on. */
const JUDGED_ON_DAYS = 7;

/** An event on EventBridge's default bus; a rule in lib/rooms/training.ts hands `detail.training` to the training machine. */
export interface RetrainingEvent {
  readonly type: 'Model harmed' | 'Data drifted';
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Asks for a training on the months up to the monitored one, if it harmed or drifted and the settings say so. The last
 * days are held out: the new rides are the ones to be better on, and neither model has seen those.
 * @param report.uri s3:// address of report.json
 */
export function retrainingEvent(
  { report, uri }: { readonly report: MonthReport; readonly uri: string },
  { on, recipe, months }: MonitoringSettings['retrain'],
  env: string,
): RetrainingEvent | undefined {
  const { taxi_type, month, harm, drift } = report;
  const reason =
    harm.verdict === 'harm' && on.includes('harm')
      ? 'harm'
      : drift.verdict === 'drifted' && on.includes('drift')
        ? 'drift'
        : undefined;
  if (reason === undefined) return undefined;
  const training = {
    recipe,
    taxi_type,
    train: { from: addMonths(month, 1 - months), to: month },
    validate: `last:${JUDGED_ON_DAYS}`,
    promote: true,
    promoted_by: `monitoring (${reason} in ${month})`,
  };
  return {
    type: reason === 'harm' ? 'Model harmed' : 'Data drifted',
    detail: { environment: env, taxi_type, month, reason, report: uri, training },
  };
}
