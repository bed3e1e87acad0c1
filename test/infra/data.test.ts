import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { loadConfig } from '#lib/config/load.ts';
import { statementsIn } from './support/iam-text.ts';
import { synthesize, synthesizeDelivery, synthesized } from './support/synthesized.ts';

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

  test('are three, and in prod one more with their access logs', () =>
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

  test('have the account and the region in their names, because bucket names are global', () => {
    const names = [...resources('AWS::S3::Bucket').values()].map(({ Properties }) => Properties.BucketName);
    const named = (start: string) => ({ 'Fn::Join': ['', [start, { Ref: 'AWS::AccountId' }, '-eu-north-1']] });
    expect(names).toEqual([
      named('tripcast-access-logs-prod-'),
      named('rll-models-prod-'),
      named('tripcast-data-prod-'),
      named('tripcast-undelivered-prod-'),
    ]);
  });

  // What --import-existing-resources requires of them (docs/teardown.md): a literal name, and retention.
  test('can be taken over by a new stack, with the streams, once the account is configured', () => {
    const stack = synthesize({ ...loadConfig('prod'), account: '123456789012' });
    const buckets = [...stack.resources('AWS::S3::Bucket').values()].map((each) => each.Properties.BucketName);
    const streams = [...stack.resources('AWS::Kinesis::Stream').values()].map((each) => each.Properties.Name);
    expect([...buckets, ...streams]).toEqual([
      'tripcast-access-logs-prod-123456789012-eu-north-1',
      'rll-models-prod-123456789012-eu-north-1',
      'tripcast-data-prod-123456789012-eu-north-1',
      'tripcast-undelivered-prod-123456789012-eu-north-1',
      'prod_taxi_trip_events',
      'prod_taxi_predictions',
    ]);
  });

  test('delete rides after the configured days, by prefix', () => {
    const [, { Properties }] = resource('AWS::S3::Bucket', (each) => JSON.stringify(each).includes('tripcast-data-'));
    expect(Properties.LifecycleConfiguration).toMatchObject({
      Rules: [
        { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
        { Prefix: 'raw/', ExpirationInDays: 1095 },
        { Prefix: 'predictions/', ExpirationInDays: 1095 },
        { Prefix: 'stream/', ExpirationInDays: 1095 },
        { Prefix: 'profiles/', ExpirationInDays: 1095 },
        { Prefix: 'stream-errors/', ExpirationInDays: 90 },
        { Prefix: 'quarantine/', ExpirationInDays: 90 },
        { Prefix: 'query-results/', ExpirationInDays: 30 },
        { Id: 'old-versions' },
      ],
    });
  });

  test('log who accessed what, each under its own prefix, for as long as other logs are kept', () => {
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

  test.each(['rll-models-', 'tripcast-data-'])('keep what was replaced or deleted in %s for 30 days', (name) => {
    const [, { Properties }] = resource('AWS::S3::Bucket', (each) => JSON.stringify(each).includes(name));
    expect(Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    const { Rules } = z
      .object({ Rules: z.array(z.record(z.string(), z.unknown())) })
      .parse(Properties.LifecycleConfiguration);
    const ofOldVersions = Rules.filter((rule) => 'NoncurrentVersionExpiration' in rule && rule.Prefix === undefined);
    // One rule for the whole bucket, whatever deleted the object: a person, a new version, or another rule.
    expect(ofOldVersions).toEqual([
      {
        Id: 'old-versions',
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        ExpiredObjectDeleteMarker: true,
      },
    ]);
    for (const { Prefix, ExpirationInDays, NoncurrentVersionExpiration } of Rules) {
      if (typeof Prefix !== 'string' || Number(ExpirationInDays) >= 30) continue;
      expect(NoncurrentVersionExpiration, Prefix).toEqual({ NoncurrentDays: ExpirationInDays });
    }
  });
});

describe('with a key of its own', () => {
  const prod = loadConfig('prod');
  const config = { ...prod, dataProtection: { ...prod.dataProtection, customerManagedKey: true } };
  const stack = synthesize(config);
  const { resource, resources } = stack;
  const [key, { Properties, DeletionPolicy }] = resource('AWS::KMS::Key', ({ Description }) =>
    String(Description).startsWith('Rides'),
  );
  const arn = { 'Fn::GetAtt': [key, 'Arn'] };

  /** What each role may do with the key, in addition to its other rights. */
  const roles = Map.groupBy(
    statementsIn(stack).filter(({ principals, effect }) => principals.length === 0 && effect === 'Allow'),
    ({ of }) => of,
  );
  const withKey = (role: string) =>
    (roles.get(role) ?? []).filter(({ resources: on }) => on.includes('Key')).flatMap(({ actions }) => actions);
  const rolesThat = (action: string, on: RegExp) =>
    [...roles].flatMap(([role, statements]) =>
      statements.some((each) => each.actions.includes(action) && each.resources.some((place) => on.test(place)))
        ? [role]
        : [],
    );

  test('prod has one more key, which rotates and, like what it encrypts, outlives the stack', () => {
    expect(resources('AWS::KMS::Key').size).toBe(synthesized('prod').resources('AWS::KMS::Key').size + 1);
    expect(Properties.EnableKeyRotation).toBe(true);
    expect(DeletionPolicy).toBe('RetainExceptOnCreate');
  });

  test('every data bucket is encrypted with it; the access log bucket cannot be', () => {
    const encrypted = [...resources('AWS::S3::Bucket').values()].map((each) => [
      JSON.stringify(each.Properties.BucketName).includes('access-logs'),
      each.Properties.BucketEncryption,
    ]);
    const byKey = {
      BucketKeyEnabled: true,
      ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn },
    };
    const byS3 = { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } };
    expect(encrypted).toHaveLength(4);
    for (const [isOfLogs, encryption] of encrypted) {
      expect(encryption).toEqual({ ServerSideEncryptionConfiguration: [isOfLogs ? byS3 : byKey] });
    }
  });

  test("so are streams, the functions' variables and Athena's results", () => {
    for (const each of resources('AWS::Kinesis::Stream').values()) {
      expect(each.Properties.StreamEncryption).toEqual({ EncryptionType: 'KMS', KeyId: arn });
    }
    for (const each of resources('AWS::Lambda::Function').values()) expect(each.Properties.KmsKeyArn).toEqual(arn);
    expect(JSON.stringify(resource('AWS::Athena::WorkGroup')[1].Properties)).toContain(
      JSON.stringify({ EncryptionOption: 'SSE_KMS', KmsKey: arn }),
    );
  });

  test('every role that reads or writes what it encrypts may use the key for that', () => {
    const readers = [...rolesThat('s3:GetObject', /^Data\//), ...rolesThat('kinesis:GetRecords', /^Streaming\//)];
    const writers = [...rolesThat('s3:PutObject', /^Data\//), ...rolesThat('kinesis:PutRecords', /^Streaming\//)];
    expect(readers).toEqual(expect.arrayContaining(['Batch/Score/Role', 'Streaming/Archive/Role']));
    expect(writers).toEqual(
      expect.arrayContaining(['Batch/Score/Role', 'Streaming/Archive/Role', 'Serving/Predict/Role']),
    );
    for (const role of readers) expect(withKey(role), role).toContain('kms:Decrypt');
    for (const role of writers) expect(withKey(role).join(), role).toMatch(/kms:GenerateDataKey/);
  });

  test('the role that checks a deploy may read the champion', () => {
    const [statement] = statementsIn(synthesizeDelivery({ config })).filter(({ actions }) =>
      actions.includes('kms:Decrypt'),
    );
    expect(statement).toMatchObject({
      of: 'Rollout',
      actions: ['kms:Decrypt'],
      conditions: ['ForAnyValue:StringEquals kms:ResourceAliases = alias/tripcast-prod-data'],
    });
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

  test('are deleted with the stack', () => {
    for (const { DeletionPolicy } of resources('AWS::S3::Bucket').values()) expect(DeletionPolicy).toBe('Delete');
  });

  test('allow plain HTTP only because the emulator supports nothing else', () => {
    expect(resources('AWS::S3::BucketPolicy').size).toBe(0);
    const overTls = synthesize({ ...loadConfig('dev'), endpointUrl: 'https://127.0.0.1:4566' });
    expect(overTls.resources('AWS::S3::BucketPolicy').size).toBe(3);
  });
});
