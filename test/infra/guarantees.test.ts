import { describe, expect, test } from 'vitest';
import { statementsIn } from './support/iam-text.ts';
import { type Resource, synthesizeDelivery, synthesized } from './support/synthesized.ts';

const prod = synthesized('prod');
const { config, template } = prod;
const resources: Readonly<Record<string, Resource>> = template.toJSON().Resources;

/** A reference to another resource of the stack. */
const another = expect.objectContaining({ 'Fn::GetAtt': [expect.any(String), 'Arn'] });
const nothing = {};

/** What holds for every resource of a type in prod. A type missing here has not been considered yet. */
const GUARANTEES: Readonly<Record<string, object>> = {
  'AWS::ApiGatewayV2::Api': nothing,
  'AWS::ApiGatewayV2::Integration': nothing,
  'AWS::ApiGatewayV2::Route': nothing,
  'AWS::ApiGatewayV2::Stage': { AccessLogSettings: { DestinationArn: another } },
  'AWS::CodeDeploy::Application': nothing,
  'AWS::CodeDeploy::DeploymentConfig': nothing,
  'AWS::CodeDeploy::DeploymentGroup': {
    AlarmConfiguration: { Enabled: true },
    AutoRollbackConfiguration: { Enabled: true },
    TriggerConfigurations: [expect.objectContaining({ TriggerTargetArn: { Ref: expect.any(String) } })],
  },
  'AWS::CloudWatch::Alarm': { AlarmName: expect.stringMatching(/^tripcast-prod-/), AlarmActions: [expect.anything()] },
  'AWS::CloudWatch::Dashboard': nothing,
  'AWS::Athena::WorkGroup': {
    WorkGroupConfiguration: {
      EnforceWorkGroupConfiguration: true,
      ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_S3' } },
    },
  },
  'AWS::Glue::Database': nothing, // names of columns, no rides
  'AWS::Glue::Table': nothing,
  'AWS::IAM::Policy': nothing, // iam.test.ts
  'AWS::IAM::Role': nothing, // iam.test.ts
  'AWS::KinesisFirehose::DeliveryStream': {
    DeliveryStreamType: 'KinesisStreamAsSource', // the stream is encrypted; Firehose itself stores nothing
    ExtendedS3DestinationConfiguration: { CompressionFormat: 'GZIP', CloudWatchLoggingOptions: { Enabled: true } },
  },
  'AWS::KMS::Alias': nothing,
  'AWS::KMS::Key': { EnableKeyRotation: true },
  'AWS::Kinesis::Stream': { StreamEncryption: { EncryptionType: 'KMS' } },
  'AWS::Lambda::Alias': nothing,
  'AWS::Lambda::EventSourceMapping': { DestinationConfig: { OnFailure: { Destination: another } } },
  'AWS::Lambda::Function': {
    TracingConfig: { Mode: 'Active' },
    LoggingConfig: { LogGroup: { Ref: expect.any(String) } },
  },
  'AWS::Lambda::Permission': nothing, // iam.test.ts
  'AWS::Lambda::Version': nothing,
  'AWS::Logs::LogStream': nothing, // its group's retention
  'AWS::Logs::LogGroup': { RetentionInDays: config.logs.retentionDays },
  'AWS::S3::Bucket': {
    BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: expect.anything() }] },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true },
  },
  'AWS::S3::BucketPolicy': nothing, // iam.test.ts
  'AWS::SNS::Subscription': nothing,
  'AWS::SNS::Topic': { KmsMasterKeyId: another },
  'AWS::SNS::TopicPolicy': nothing, // iam.test.ts
  'AWS::SQS::Queue': { SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 },
  'AWS::SQS::QueuePolicy': nothing, // iam.test.ts
  'AWS::Scheduler::Schedule': { Target: { DeadLetterConfig: { Arn: another } } },
  'AWS::StepFunctions::StateMachine': {
    TracingConfiguration: { Enabled: true },
    LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
  },
};

/** What can be rebuilt from scratch is deleted with the stack; what holds data that cannot be rebuilt is not. */
const HOLDS_DATA = ['AWS::S3::Bucket', 'AWS::Kinesis::Stream'];
const TALKED_TO_OVER_TLS = ['AWS::S3::Bucket', 'AWS::SNS::Topic', 'AWS::SQS::Queue'];

const ofTypes = (types: readonly string[]) => Object.entries(resources).filter(([, { Type }]) => types.includes(Type));

test('prod has no resource of a type whose guarantees are not listed', () => {
  const types = new Set(Object.values(resources).map(({ Type }) => Type));
  expect([...types].filter((type) => !Object.hasOwn(GUARANTEES, type))).toEqual([]);
});

test.each(Object.entries(GUARANTEES).filter(([, guarantee]) => guarantee !== nothing))(
  'every %s of prod keeps what is guaranteed',
  (type, guarantee) => {
    for (const [id, { Properties }] of ofTypes([type])) expect(Properties, id).toMatchObject(guarantee);
  },
);

test('what holds data survives the stack and a replacement, but not a failed first deploy', () => {
  for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of ofTypes(HOLDS_DATA)) {
    expect([DeletionPolicy, UpdateReplacePolicy], id).toEqual(['RetainExceptOnCreate', 'Retain']);
  }
});

test('every bucket, topic and queue refuses plain HTTP', () => {
  const refusing = statementsIn(prod)
    .filter(({ effect, conditions }) => effect === 'Deny' && conditions.includes('Bool aws:SecureTransport = false'))
    .map(({ of }) => of);
  const talkedTo = ofTypes(TALKED_TO_OVER_TLS).map(([id]) => id);
  expect(talkedTo.length).toBeGreaterThan(5);
  expect(new Set(refusing).size).toBe(talkedTo.length);
});

/** Types whose names are shared by all regions of an account, or by all accounts. */
const NAMED_FOR_ALL_REGIONS: Readonly<Record<string, string>> = {
  'AWS::Budgets::Budget': 'BudgetName',
  'AWS::CloudFront::Function': 'Name',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::IAM::Group': 'GroupName',
  'AWS::IAM::InstanceProfile': 'InstanceProfileName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::User': 'UserName',
  'AWS::S3::Bucket': 'BucketName',
};

/** All values under a key, however deep. */
function valuesOf(value: unknown, key: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => (name === key ? [each] : valuesOf(each, key)));
}

test.each([
  ['prod', prod],
  ['delivery', synthesizeDelivery()],
] as const)('a name of %s that spans all regions contains the region', (_, { template: deployed }) => {
  const named = Object.values<Resource>(deployed.toJSON().Resources).flatMap(({ Type, Properties }) => {
    const key = NAMED_FOR_ALL_REGIONS[Type];
    // A name that CloudFormation generates differs from every other.
    return key === undefined ? [] : valuesOf(Properties, key).map((name) => JSON.stringify(name));
  });
  expect(named.length).toBeGreaterThan(1);
  expect(named.filter((name) => !name.includes(config.region))).toEqual([]);
});

describe.each([
  ['prod', prod],
  ['delivery', synthesizeDelivery()],
] as const)('the stack %s', (_, { tags, terminationProtection }) => {
  test('cannot be deleted by mistake', () => expect(terminationProtection).toBe(true));

  test('tags everything that it creates with its owner', () => {
    expect(tags).toEqual({ project: 'tripcast', environment: 'prod', owner: 'ml-platform' });
  });
});
