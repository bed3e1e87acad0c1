import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnEventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import type { FunctionCode } from '../constructs/function-code.ts';
import { StreamArchive } from '../constructs/stream-archive.ts';
import { TripcastFunction } from '../constructs/tripcast-function.ts';
import type { DataRoom } from './data.ts';
import { modelVariables, servingVariables } from './function-variables.ts';

export interface StreamingRoomProps {
  readonly config: Config;
  readonly code: FunctionCode;
  readonly store: DataRoom;
}

/**
 * Trip events in, predictions out, and an archive of the predictions; unreadable events go to quarantine, and whatever
 * Lambda gives up on goes to `undelivered`.
 */
export class StreamingRoom extends Construct {
  readonly events: Stream;
  readonly predictions: Stream;
  readonly eventSource: CfnEventSourceMapping;
  readonly score: TripcastFunction;

  constructor(scope: Construct, id: string, { config, code, store }: StreamingRoomProps) {
    super(scope, id);
    this.events = this.#stream('Events', config, config.streams.events, store);
    this.predictions = this.#stream('Predictions', config, config.streams.predictions, store);
    this.score = new TripcastFunction(this, 'StreamScore', {
      config,
      code,
      name: 'stream-score',
      environment: {
        ...modelVariables(config, store),
        ...servingVariables(config, code, this.predictions),
        DATA_BUCKET: store.data.bucket.bucketName,
        PROFILE_SECONDS: String(config.monitoring.profileStream?.everySeconds ?? ''),
      },
    });
    store.grantReadModels(this.score);
    store.data.grantWrite(this.score, 'quarantine/', ...(config.monitoring.profileStream ? ['profiles/'] : []));
    store.undelivered.grantDelivery(this.score);
    this.events.grantRead(this.score);
    this.predictions.grantWrite(this.score);
    new StreamArchive(this, 'Archive', {
      config,
      name: 'archive',
      stream: this.predictions,
      bucket: store.data,
      key: store.key,
      prefix: 'stream/',
      errorPrefix: 'stream-errors/',
    });
    this.eventSource = this.#eventSource(config, this.score.goLive(), store);
  }

  #stream(id: string, { streams, stateful }: Config, streamName: string, { key }: DataRoom): Stream {
    return new Stream(this, id, {
      streamName,
      ...(streams.mode === 'provisioned'
        ? { streamMode: StreamMode.PROVISIONED, shardCount: streams.shards }
        : { streamMode: StreamMode.ON_DEMAND }),
      retentionPeriod: Duration.hours(streams.retentionHours),
      ...(key === undefined
        ? { encryption: StreamEncryption.MANAGED }
        : { encryption: StreamEncryption.KMS, encryptionKey: key as IKey }),
      removalPolicy: stateful.retain ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
  }

  /** The plain resource: the CDK's own S3 destination would also grant reading. */
  #eventSource({ eventSource }: Config, live: IFunction, store: DataRoom) {
    return new CfnEventSourceMapping(this, 'EventSource', {
      eventSourceArn: this.events.streamArn,
      functionName: live.functionArn,
      // Always, and only a deploy changes it: docs/decisions/0006-one-owner-of-the-stream.md.
      enabled: true,
      // LATEST can miss records while the mapping is being created.
      startingPosition: 'TRIM_HORIZON',
      batchSize: eventSource.batchSize,
      maximumBatchingWindowInSeconds: eventSource.windowSeconds,
      parallelizationFactor: eventSource.parallelizationFactor,
      bisectBatchOnFunctionError: eventSource.bisectOnError,
      maximumRetryAttempts: eventSource.retryAttempts,
      maximumRecordAgeInSeconds: eventSource.maximumAgeSeconds,
      functionResponseTypes: ['ReportBatchItemFailures'],
      metricsConfig: { metrics: ['EventCount'] }, // undelivered and dropped records: there are alarms on both
      // S3 is the only destination that keeps the records; a queue or a topic would get just their positions.
      destinationConfig: { onFailure: { destination: store.undelivered.bucket.bucketArn } },
    });
  }
}
