import type { Probe } from './probe.ts';
import { AWS } from './run-probes.ts';
import { template } from './site-template.ts';

/** After that a run stops and cleans up, whatever it is at. */
export const MOST_MINUTES = 25;
/** A run with every request as frequent as the probes' pauses allow. */
const MOST_CALLS = 20_000;

/** US dollars, above the list prices of any region in November 2026; what is begun counts whole. */
const SHARD_HOUR = 0.03;
const ALARM_MONTH = 0.1;
/** Requests, seconds of functions, transitions, log lines, Firehose: a fraction of a cent each. */
const ALL_ELSE = 0.25;

/** What a run against AWS makes, how long it takes and what it costs at most. */
export function estimate(probes: readonly Probe[]): string {
  const site = { prefix: 'tripcast-probe-00000000', patience: AWS.patience, scheduledFor: new Date() };
  const able = probes.filter(({ look }) => !('unseen' in look));
  const types = Object.values(template(able, site).Resources).map(({ Type }) => Type);
  const count = (type: string) => types.filter((each) => each === type).length;
  // A shard that is split counts as three.
  const shards = count('AWS::Kinesis::Stream') + 2 * able.filter(({ id }) => id === 'kinesis-closed-shard').length;
  const dollars = shards * SHARD_HOUR + count('AWS::CloudWatch::Alarm') * ALARM_MONTH + ALL_ELSE;
  return [
    `A run against AWS holds ${able.length} behaviors of your account's region to AWS's documentation.`,
    '',
    `  makes    one CloudFormation stack of ${types.length} resources: ${count('AWS::Lambda::Function')} functions, ${count('AWS::Kinesis::Stream')} streams of one shard, ${count('AWS::S3::Bucket')} buckets, ${count('AWS::StepFunctions::StateMachine')} state machines, roles and so on; and one stack with a topic`,
    '  names    all of it tripcast-probe-XXXXXXXX..., tagged tripcast:probe',
    `  takes    10 to 15 minutes, ${MOST_MINUTES} at most`,
    `  calls    a few thousand, ${MOST_CALLS.toLocaleString('en')} at most; it stores about 20 MB`,
    `  costs    less than ${dollars.toFixed(2)} dollars`,
    '  deletes  all of it, however it ends; what lies in its buckets expires in a day besides',
  ].join('\n');
}
