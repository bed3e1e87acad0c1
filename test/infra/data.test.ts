import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS, loadConfig } from '../../lib/config.ts';
import { synthesize, synthesized } from './support/synthesized.ts';

const tlsOnly = (bucket: string) => ({
  Statement: expect.arrayContaining([
    {
      Effect: 'Deny',
      Action: 's3:*',
      Principal: { AWS: '*' },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      Resource: [{ 'Fn::GetAtt': [bucket, 'Arn'] }, { 'Fn::Join': ['', [{ 'Fn::GetAtt': [bucket, 'Arn'] }, '/*']] }],
    },
  ]),
});

describe.each(ENVIRONMENTS)('the buckets of %s', (env) => {
  const { config, resources } = synthesized(env);
  const buckets = [...resources('AWS::S3::Bucket')];

  test('are three, and in prod one with the log of who asked for what in them', () =>
    expect(buckets).toHaveLength(config.logs.bucketAccess ? 4 : 3));

  test.each(buckets)('%s is closed to the public and encrypted', (_, { Properties }) => {
    expect(Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
    });
  });
});

describe('the buckets of prod', () => {
  const { resources, resource } = synthesized('prod');

  test.each([...resources('AWS::S3::Bucket')])('%s refuses plain HTTP', (id) => {
    const [, { Properties }] = resource(
      'AWS::S3::BucketPolicy',
      ({ Bucket }) => JSON.stringify(Bucket) === `{"Ref":"${id}"}`,
    );
    expect(Properties.PolicyDocument).toMatchObject(tlsOnly(id));
  });

  test.each([...resources('AWS::S3::Bucket'), ...resources('AWS::Kinesis::Stream')])(
    '%s outlives the stack, but not a first deploy that failed',
    (_, { DeletionPolicy, UpdateReplacePolicy }) => {
      expect({ DeletionPolicy, UpdateReplacePolicy }).toEqual({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
    },
  );

  test('have the account and the region in their names, since names are global', () => {
    const names = [...resources('AWS::S3::Bucket').values()].map(({ Properties }) => Properties.BucketName);
    const named = (start: string) => ({ 'Fn::Join': ['', [start, { Ref: 'AWS::AccountId' }, '-eu-north-1']] });
    expect(names).toEqual([
      named('tripcast-access-logs-prod-'),
      named('rll-models-prod-'),
      named('tripcast-data-prod-'),
      named('tripcast-undelivered-prod-'),
    ]);
  });

  test('forget rides after the configured days, by prefix', () => {
    const [, { Properties }] = resource('AWS::S3::Bucket', (each) => JSON.stringify(each).includes('tripcast-data-'));
    expect(Properties.LifecycleConfiguration).toMatchObject({
      Rules: [
        { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
        { Prefix: 'raw/', ExpirationInDays: 1095 },
        { Prefix: 'predictions/', ExpirationInDays: 1095 },
        { Prefix: 'stream/', ExpirationInDays: 1095 },
        { Prefix: 'stream-errors/', ExpirationInDays: 90 },
        { Prefix: 'quarantine/', ExpirationInDays: 90 },
        { Prefix: 'query-results/', ExpirationInDays: 30 },
      ],
    });
  });

  test('write down who asked for what, each under its own prefix, and forget it as logs are forgotten', () => {
    const [log, { Properties }] = resource('AWS::S3::Bucket', (each) => JSON.stringify(each).includes('access-logs'));
    expect(Properties.LifecycleConfiguration).toMatchObject({
      Rules: [{ AbortIncompleteMultipartUpload: {} }, { Prefix: '', ExpirationInDays: 90 }],
    });
    const logged = [...resources('AWS::S3::Bucket')].filter(([id]) => id !== log);
    expect(logged.map(([, each]) => each.Properties.LoggingConfiguration)).toEqual(
      ['models/', 'data/', 'undelivered/'].map((prefix) => ({
        DestinationBucketName: { Ref: log },
        LogFilePrefix: prefix,
      })),
    );
  });

  test('keep every version of a model', () => {
    const [, { Properties }] = resource('AWS::S3::Bucket', (each) => JSON.stringify(each).includes('rll-models-'));
    expect(Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
  });
});

describe('the buckets of dev', () => {
  const { resources } = synthesized('dev');

  test('have the published names', () => {
    const names = [...resources('AWS::S3::Bucket').values()].map(({ Properties }) => Properties.BucketName);
    expect(names).toEqual([
      'rll-models-dev',
      'tripcast-data-dev-000000000000',
      'tripcast-undelivered-dev-000000000000',
    ]);
  });

  test('go with the stack', () => {
    for (const { DeletionPolicy } of resources('AWS::S3::Bucket').values()) expect(DeletionPolicy).toBe('Delete');
  });

  test('take plain HTTP only because the emulator speaks nothing else', () => {
    expect(resources('AWS::S3::BucketPolicy').size).toBe(0);
    const overTls = synthesize({ ...loadConfig('dev'), endpointUrl: 'https://127.0.0.1:4566' });
    expect(overTls.resources('AWS::S3::BucketPolicy').size).toBe(3);
  });
});
