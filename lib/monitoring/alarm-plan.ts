import { type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { LiveFunctionName } from '../config/functions.ts';

/** When to notify the topic of notices: when the metric has reached the threshold. */
export type AlarmPlan = {
  /** In the deployed name, `tripcast-{env}-{name}`; docs/runbook.md has a heading for it. */
  readonly name: string;
  readonly says: string;
  readonly metric: IMetric;
  /** What a period without data means. */
  readonly missing: TreatMissingData;
  /**
   * How many of the last N periods must breach the threshold.
   * @default - one of one
   */
  readonly periods?: { readonly over: number; readonly of: number };
  /**
   * Whether this is a lasting condition, so that its end is worth a message too. Most alarms count failures: none in
   * the next five minutes is not news.
   * @default false
   */
  readonly lasts?: boolean;
  /** The live function whose rollout it stops. */
  readonly guards?: LiveFunctionName;
} & ({ readonly atLeast: number } | { readonly below: number });

/** Most counts are sent only when there is something to count. */
export const COUNTED = { atLeast: 1, missing: TreatMissingData.NOT_BREACHING } as const;
