import { z } from 'zod';
import type { MonthReport } from './report-schema.ts';

/** `retrain.on` in the config: each scored month, or one that harmed or drifted. */
export const retrainOnSchema = z.array(z.enum(['month', 'harm', 'drift']));
export type RetrainReason = z.infer<typeof retrainOnSchema>[number];

/** An event on EventBridge's default bus; a rule in lib/rooms/retraining.ts hands `detail.retraining` to the machine. */
export interface RetrainingEvent {
  readonly type: 'Model harmed' | 'Data drifted' | 'Month scored';
  readonly detail: Readonly<Record<string, unknown>>;
}

const TYPES = { harm: 'Model harmed', drift: 'Data drifted', month: 'Month scored' } as const;

/**
 * Asks for a retraining up to the monitored month, if something happened that the configuration names; once for a month,
 * whatever the number of reasons, of which the most serious is given.
 * @param month.uri   s3:// address of report.json
 * @param month.isNew whether its predictions are: a month that was found unchanged has started its retraining before
 */
export function retrainingEvent(
  { report, uri, isNew }: { readonly report: MonthReport; readonly uri: string; readonly isNew: boolean },
  on: readonly RetrainReason[],
  env: string,
): RetrainingEvent | undefined {
  const { taxi_type, month, harm, drift } = report;
  const happened: Readonly<Record<RetrainReason, boolean>> = {
    harm: harm.verdict === 'harm',
    drift: drift.verdict === 'drifted',
    month: isNew,
  };
  const reason = (['harm', 'drift', 'month'] as const).find((each) => happened[each] && on.includes(each));
  if (reason === undefined) return undefined;
  const retraining = { taxi_type, month, reason: WORDS[reason](month) };
  return { type: TYPES[reason], detail: { environment: env, taxi_type, month, reason, report: uri, retraining } };
}

const WORDS: Readonly<Record<RetrainReason, (month: string) => string>> = {
  harm: (month) => `harm in ${month}`,
  drift: (month) => `drift in ${month}`,
  month: (month) => `${month} was scored`,
};
