import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS, STREAM_ENABLED_PARAMETER } from '../../lib/config.ts';
import { synthesized } from './support/synthesized.ts';

test.each([
  ['dev', ['stg_taxi_trip_events', 'stg_taxi_predictions']],
  ['prod', ['prod_taxi_trip_events', 'prod_taxi_predictions']],
] as const)('the streams of %s have the names that producers and consumers know', (env, names) => {
  const streams = [...synthesized(env).resources('AWS::Kinesis::Stream').values()];
  expect(streams.map(({ Properties }) => Properties.Name)).toEqual(names);
});

describe.each(ENVIRONMENTS)('in %s', (env) => {
  const { config, resources, resource, template } = synthesized(env);

  test.each([...resources('AWS::Kinesis::Stream')])('%s is encrypted and keeps a week', (_, { Properties }) => {
    expect(Properties).toMatchObject({
      ShardCount: config.streams.shards,
      RetentionPeriodHours: 168,
      StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
    });
  });

  test('the event source loses no record: from the oldest on, partial failures, and at last the undelivered bucket', () => {
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
      MaximumRetryAttempts: 10,
      MaximumRecordAgeInSeconds: 86_400,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [undelivered, 'Arn'] } } },
    });
  });

  test('the event source waits for a champion, and a later deploy leaves it as it is', () => {
    const [, { Properties }] = resource('AWS::Lambda::EventSourceMapping');
    const conditions = template.toJSON().Conditions;
    const [condition] = Object.keys(conditions).filter((id) => id.startsWith('Streaming'));
    expect(Properties.Enabled).toEqual({ 'Fn::If': [condition, true, false] });
    expect(conditions[String(condition)]).toEqual({ 'Fn::Equals': [{ Ref: STREAM_ENABLED_PARAMETER }, 'true'] });
    template.hasParameter(STREAM_ENABLED_PARAMETER, { Default: 'false', AllowedValues: ['true', 'false'] });
  });
});
