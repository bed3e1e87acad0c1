import type { Probe } from '../probe.ts';
import * as account from './account.ts';
import * as cloudFormation from './cloudformation.ts';
import * as cloudWatch from './cloudwatch.ts';
import * as events from './events.ts';
import * as firehose from './firehose.ts';
import * as httpApi from './http-api.ts';
import * as kinesisReading from './kinesis-reading.ts';
import * as kinesisResharding from './kinesis-resharding.ts';
import * as kinesisWriting from './kinesis-writing.ts';
import * as lambda from './lambda.ts';
import * as lambdaVersions from './lambda-versions.ts';
import * as mapping from './mapping.ts';
import * as mappingFailures from './mapping-failures.ts';
import * as s3ConditionalWrites from './s3-conditional-writes.ts';
import * as s3Permissions from './s3-permissions.ts';
import * as s3Reading from './s3-reading.ts';
import * as s3Versions from './s3-versions.ts';
import * as scheduler from './scheduler.ts';
import * as statesErrors from './states-errors.ts';
import * as statesJsonata from './states-jsonata.ts';
import * as statesMap from './states-map.ts';
import * as statesNotices from './states-notices.ts';

/** All rows of the ledger, by service. */
export const SERVICES: Readonly<Record<string, readonly Probe[]>> = {
  S3: probesOf(s3ConditionalWrites, s3Reading, s3Permissions, s3Versions),
  'Kinesis Data Streams': probesOf(kinesisWriting, kinesisReading, kinesisResharding),
  'Lambda’s event source mapping for Kinesis': probesOf(mapping, mappingFailures),
  Lambda: probesOf(lambda, lambdaVersions),
  'Step Functions': probesOf(statesJsonata, statesMap, statesErrors, statesNotices),
  'EventBridge Scheduler': probesOf(scheduler),
  EventBridge: probesOf(events),
  CloudWatch: probesOf(cloudWatch),
  Firehose: probesOf(firehose),
  'HTTP API': probesOf(httpApi),
  'CloudFormation, STS and Logs': probesOf(cloudFormation, account),
};

export const PROBES: readonly Probe[] = Object.values(SERVICES).flat();

/** The probes that the files export, sorted by id: the order of a module's exports depends on its loader. */
function probesOf(...files: readonly object[]): readonly Probe[] {
  const probes = files.flatMap((file) => Object.values(file)).filter(isProbe);
  return probes.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function isProbe(value: unknown): value is Probe {
  return value instanceof Object && 'look' in value && 'expected' in value;
}
