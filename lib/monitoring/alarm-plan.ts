import { type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { LiveFunctionName } from '../config.ts';

/** When the topic of notices hears of something: the metric has reached the threshold. */
export type AlarmPlan = {
  /** Of the deployed `tripcast-{env}-{name}`; docs/runbook.md has a heading for it. */
  readonly name: string;
  readonly says: string;
  readonly metric: IMetric;
  /** What a time without a value means. */
  readonly missing: TreatMissingData;
  /**
   * How many of the last so many periods must be over the threshold.
   * @default - one of one
   */
  readonly periods?: { readonly over: number; readonly of: number };
  /**
   * Whether this is a condition that lasts, so that its end is worth a message too. Most alarms count failures: that none
   * came in the next five minutes is no news.
   * @default false
   */
  readonly lasts?: boolean;
  /** The live function whose rollout it stops. */
  readonly guards?: LiveFunctionName;
} & ({ readonly atLeast: number } | { readonly below: number });

/** Most counts are sent only when there is something to count. */
export const COUNTED = { atLeast: 1, missing: TreatMissingData.NOT_BREACHING } as const;
