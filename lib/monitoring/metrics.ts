import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { CfnEventSourceMapping, IFunction, IVersion } from 'aws-cdk-lib/aws-lambda';
import type { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { type FunctionName, LIVE_ALIAS } from '../config/functions.ts';
import type { Config } from '../config/schema.ts';

export const FIVE_MINUTES = { period: Duration.minutes(5) } as const;

/** As lambdas/telemetry.ts sends it: Powertools adds the service to the dimensions set there. */
export const ofFunction = ({ env }: Config, service: FunctionName, metricName: string) =>
  new Metric({
    namespace: 'tripcast',
    metricName,
    dimensionsMap: { environment: env, service },
    statistic: 'Sum',
    ...FIVE_MINUTES,
  });

/** Errors of one version while the alias splits its traffic between two: Lambda separates them only then. */
export const errorsOfNewVersion = ({ functionName }: IFunction, { version }: IVersion) =>
  new Metric({
    namespace: 'AWS/Lambda',
    metricName: 'Errors',
    dimensionsMap: { FunctionName: functionName, Resource: `${functionName}:${LIVE_ALIAS}`, ExecutedVersion: version },
    statistic: 'Sum',
    period: Duration.minutes(1), // a canary may take only five
  });

/** For the whole environment, with a value now and then: evaluations may be up to a day apart. */
export const ofEnvironment = ({ env }: Config, metricName: string) =>
  new Metric({
    namespace: 'tripcast',
    metricName,
    dimensionsMap: { environment: env },
    statistic: 'Maximum',
    period: Duration.days(1),
  });

/** As the function monitor sends it: of the taxi type that the schedule scores. */
export const ofModel = ({ env, schedule }: Config, metricName: string) =>
  new Metric({
    namespace: 'tripcast',
    metricName,
    dimensionsMap: { environment: env, taxi_type: schedule.taxiType },
    statistic: 'Maximum',
    period: Duration.days(1),
  });

/** Lambda's counts for an event source mapping that asks for `EventCount`. */
export const ofEventSource = ({ ref }: CfnEventSourceMapping, metricName: string) =>
  new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { EventSourceMappingUUID: ref },
    statistic: 'Sum',
    ...FIVE_MINUTES,
  });

/** What producers put into a stream. */
export const putInto = (streamName: string) =>
  new Metric({
    namespace: 'AWS/Kinesis',
    metricName: 'IncomingRecords',
    dimensionsMap: { StreamName: streamName },
    statistic: 'Sum',
    ...FIVE_MINUTES,
  });

export const ofArchive = ({ ref }: CfnDeliveryStream, metricName: string, statistic = 'Sum') =>
  new Metric({
    namespace: 'AWS/Firehose',
    metricName,
    dimensionsMap: { DeliveryStreamName: ref },
    statistic,
    ...FIVE_MINUTES,
  });

export const waitingIn = ({ attrQueueName }: CfnQueue) =>
  new Metric({
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensionsMap: { QueueName: attrQueueName },
    statistic: 'Maximum',
    ...FIVE_MINUTES,
  });
