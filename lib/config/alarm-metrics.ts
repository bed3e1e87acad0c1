import type { Config } from './schema.ts';

/** How many metrics the alarms watch, each of which costs money; a test counts them in every environment's template. */
export const alarmMetrics = ({ alarms, serving }: Config): number =>
  47 + (alarms.metricMath ? 6 : 0) + (serving.rollout.kind === 'canary' ? 2 : 0);
