import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { loadConfig } from '#lib/config/load.ts';
import { synthesize, synthesized } from './support/synthesized.ts';

test.each([
  ['dev', ['stg_taxi_trip_events', 'stg_taxi_predictions']],
  ['staging', ['staging_taxi_trip_events', 'staging_taxi_predictions']],
  ['prod', ['prod_taxi_trip_events', 'prod_taxi_predictions']],
] as const)('the streams of %s have the names that producers and consumers know', (env, names) => {
  const streams = [...synthesized(env).resources('AWS::Kinesis::Stream').values()];
  expect(streams.map(({ Properties }) => Properties.Name)).toEqual(names);
});

describe.each(ENVIRONMENTS)('in %s', (env) => {
  const { config, resources, resource, template } = synthesized(env);

  test.each([...resources('AWS::Kinesis::Stream')])(
    '%s is encrypted and keeps as long as configured',
    (_, { Properties }) => {
      expect(Properties).toMatchObject({
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
        ShardCount: 1,
        RetentionPeriodHours: config.streams.retentionHours,
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
      });
    },
  );

  test('the event source loses no record: it starts at the oldest, reports partial failures, and ends in the undelivered bucket', () => {
    const [, { Properties }] = resource('AWS::Lambda::EventSourceMapping');
    const [events] = resource('AWS::Kinesis::Stream', ({ Name }) => Name === config.streams.events);
    const [undelivered] = resource('AWS::S3::Bucket', (each) => JSON.stringify(each).includes('tripcast-undelivered-'));
    expect(Properties).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [events, 'Arn'] },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: config.eventSource.batchSize,
      MaximumBatchingWindowInSeconds: config.eventSource.windowSeconds,
      ParallelizationFactor: config.eventSource.parallelizationFactor,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: config.eventSource.retryAttempts,
      MaximumRecordAgeInSeconds: config.eventSource.maximumAgeSeconds,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [undelivered, 'Arn'] } } },
    });
  });

  test('every deploy leaves the stream being read, and nothing else can change that', () => {
    const [, { Properties }] = resource('AWS::Lambda::EventSourceMapping');
    expect(Properties.Enabled).toBe(true);
    const { Parameters = {}, Conditions = {} } = template.toJSON();
    expect([Object.keys(Parameters), Object.keys(Conditions)]).toEqual([
      ['BootstrapVersion'].slice(env === 'dev' ? 1 : 0),
      [],
    ]);
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toContain('EventSourceMapping');
  });

  test('the function that scores the stream is traced', () => {
    const [, { Properties }] = resource('AWS::Lambda::Function', (each) =>
      String(each.FunctionName).endsWith('-stream-score'),
    );
    expect(Properties.TracingConfig).toEqual({ Mode: 'Active' });
  });

  test('every prediction is archived by the hour, and what cannot be is kept separately, with its reason in a log', () => {
    const [, { Properties }] = resource('AWS::KinesisFirehose::DeliveryStream');
    const [predictions] = resource('AWS::Kinesis::Stream', ({ Name }) => Name === config.streams.predictions);
    const [data] = resource('AWS::S3::Bucket', (each) => JSON.stringify(each).includes('tripcast-data-'));
    const [logs] = resource('AWS::Logs::LogGroup', (each) => String(each.LogGroupName).endsWith(`-${env}-archive`));
    expect(Properties).toMatchObject({
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: { KinesisStreamARN: { 'Fn::GetAtt': [predictions, 'Arn'] } },
      ExtendedS3DestinationConfiguration: {
        BucketARN: { 'Fn::GetAtt': [data, 'Arn'] },
        Prefix: 'stream/dt=!{timestamp:yyyy-MM-dd}/hh=!{timestamp:HH}/',
        ErrorOutputPrefix: 'stream-errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/',
        BufferingHints: {
          SizeInMBs: config.archive.bufferMegabytes,
          IntervalInSeconds: config.archive.bufferSeconds,
        },
        CloudWatchLoggingOptions: { Enabled: true, LogGroupName: { Ref: logs } },
      },
    });
  });

  test('the archive is created once its role may do everything that AWS checks, and the role may do no more', () => {
    const [, archive] = resource('AWS::KinesisFirehose::DeliveryStream');
    const [role] = resource('AWS::IAM::Role', (each) => JSON.stringify(each).includes('firehose.amazonaws.com'));
    const [policy, { Properties }] = resource('AWS::IAM::Policy', (each) => JSON.stringify(each.Roles).includes(role));
    expect(archive.DependsOn).toEqual(expect.arrayContaining([policy, role]));
    const [predictions] = resource('AWS::Kinesis::Stream', ({ Name }) => Name === config.streams.predictions);
    const [data] = resource('AWS::S3::Bucket', (each) => JSON.stringify(each).includes('tripcast-data-'));
    const [logs] = resource('AWS::Logs::LogGroup', (each) => String(each.LogGroupName).endsWith(`-${env}-archive`));
    const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
    const under = (prefix: string) => ({ 'Fn::Join': ['', [arn(data), `/${prefix}*`]] });
    expect(Properties.PolicyDocument).toMatchObject({
      Statement: [
        {
          Action: ['kinesis:DescribeStream', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
          Resource: arn(predictions),
        },
        {
          Action: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
          Resource: [under('stream-errors/'), under('stream/')],
        },
        { Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], Resource: arn(data) },
        { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: arn(logs) },
      ],
    });
  });
});

describe('in prod', () => {
  const { resource } = synthesized('prod');

  test('a batch gathers for a second, a shard has two in flight, and an outage is waited out', () => {
    expect(resource('AWS::Lambda::EventSourceMapping')[1].Properties).toMatchObject({
      BatchSize: 1000,
      MaximumBatchingWindowInSeconds: 1,
      ParallelizationFactor: 2,
      MaximumRetryAttempts: 100,
    });
  });

  test('the archive is compressed, in objects worth reading', () => {
    const [, { Properties }] = resource('AWS::KinesisFirehose::DeliveryStream');
    expect(Properties.ExtendedS3DestinationConfiguration).toMatchObject({
      CompressionFormat: 'GZIP',
      FileExtension: '.jsonl.gz',
      BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 300 },
    });
  });
});

test.each(['dev', 'prod'])(
  'in %s a stream keeps a week, so a long weekend without its consumer loses nothing',
  (env) => {
    for (const { Properties } of synthesized(env).resources('AWS::Kinesis::Stream').values()) {
      expect(Properties.RetentionPeriodHours).toBe(168);
    }
  },
);

test('on-demand streams have no number of shards: AWS chooses it', () => {
  const prod = loadConfig('prod');
  const { events, predictions, retentionHours, pollMilliseconds } = prod.streams;
  const streamsOnDemand = { mode: 'on-demand', events, predictions, retentionHours, pollMilliseconds } as const;
  const made = synthesize({ ...prod, streams: streamsOnDemand });
  const streams = [...made.resources('AWS::Kinesis::Stream').values()].map(({ Properties }) => Properties);
  expect(streams).toHaveLength(2);
  for (const stream of streams) {
    expect(stream).toMatchObject({ StreamModeDetails: { StreamMode: 'ON_DEMAND' }, RetentionPeriodHours: 168 });
    expect(stream).not.toHaveProperty('ShardCount');
  }
});

test('in dev the archive is plain: the emulator claims to compress but does not', () => {
  const [, { Properties }] = synthesized('dev').resource('AWS::KinesisFirehose::DeliveryStream');
  expect(Properties.ExtendedS3DestinationConfiguration).toMatchObject({
    CompressionFormat: 'UNCOMPRESSED',
    FileExtension: '.jsonl',
  });
});
