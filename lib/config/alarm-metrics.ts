import { LIVE_FUNCTIONS } from './functions.ts';
import type { Config } from './schema.ts';

/**
 * How many metrics the alarms watch: CloudWatch charges for each. These are counts because the command line does not
 * load the constructs that make the alarms; a test compares them with the synthesized templates.
 */
export const alarmMetrics = ({ alarms, serving }: Config): number =>
  IN_EVERY_ENVIRONMENT +
  (alarms.metricMath ? OF_METRIC_MATH : 0) +
  (serving.rollout.kind === 'canary' ? OF_CANARIES : 0);

const IN_EVERY_ENVIRONMENT = 57;
const OF_METRIC_MATH = 6; // three alarms on two metrics each
const OF_CANARIES = LIVE_FUNCTIONS.length;
