import type { Probe } from './probe.ts';
import { AWS } from './run-probes.ts';
import { template } from './site-template.ts';

/** A run that takes longer is stopped and cleaned up. */
export const MOST_MINUTES = 25;
/** If every probe polled, as often as it may, until the time is up. */
const MOST_CALLS = 20_000;

/** US dollars, above the list prices of any region in November 2026. A started hour or month counts in full. */
const SHARD_HOUR = 0.03;
const ALARM_MONTH = 0.1;
/** Requests, invocations, state transitions, logs, Firehose: a fraction of a cent each. */
const ALL_ELSE = 0.25;

/** What a run against AWS creates, how long it takes, and what it costs at most. */
export function estimate(probes: readonly Probe[]): string {
  const site = { prefix: 'tripcast-probe-00000000', patience: AWS.patience, scheduledFor: new Date() };
  const able = probes.filter(({ look }) => !('unseen' in look));
  const types = Object.values(template(able, site).Resources).map(({ Type }) => Type);
  const count = (type: string) => types.filter((each) => each === type).length;
  // The split shard counts three times: the parent and its children.
  const shards = count('AWS::Kinesis::Stream') + 2 * able.filter(({ id }) => id === 'kinesis-closed-shard').length;
  const dollars = shards * SHARD_HOUR + count('AWS::CloudWatch::Alarm') * ALARM_MONTH + ALL_ELSE;
  return [
    `A run against AWS compares ${able.length} behaviors with AWS's documentation, in your account and region.`,
    '',
    `  creates  one CloudFormation stack of ${types.length} resources: ${count('AWS::Lambda::Function')} functions, ${count('AWS::Kinesis::Stream')} single-shard streams, ${count('AWS::S3::Bucket')} buckets, ${count('AWS::StepFunctions::StateMachine')} state machines, roles and so on; and a second stack with one topic`,
    '  names    everything tripcast-probe-XXXXXXXX..., tagged tripcast:probe',
    `  takes    10 to 15 minutes, ${MOST_MINUTES} at most`,
    `  calls    a few thousand, ${MOST_CALLS.toLocaleString('en')} at most; stores about 20 MB`,
    `  costs    less than ${dollars.toFixed(2)} dollars`,
    '  deletes  everything when it ends, also after a failure or Ctrl-C; objects expire after a day in any case',
  ].join('\n');
}
