import {
  arnOf,
  BUCKET,
  FUNCTION_ROLE,
  type Probe,
  type Resource,
  type Resources,
  ref,
  type Site,
  STATES_ROLE,
} from './probe.ts';

export interface Template {
  readonly AWSTemplateFormatVersion: string;
  readonly Description: string;
  readonly Resources: Resources;
  readonly Outputs: object;
}

/** CloudFormation's limit for a template passed inline. */
export const TEMPLATE_BYTES = 51_200;

/** One stack for all probes: its tags are on every resource, and deleting it leaves nothing behind. */
export function template(probes: readonly Probe[], site: Site): Template {
  const own = probes.map(({ resources }) => resources?.(site) ?? {});
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Probes of what AWS does, made by `npm run test:aws` of tripcast. Safe to delete.',
    Resources: Object.assign({}, shared(site), ...own),
    Outputs: { BucketName: { Value: ref(BUCKET) } },
  };
}

function shared(site: Site): Resources {
  return {
    [BUCKET]: bucket(site, 'bucket'),
    [FUNCTION_ROLE]: role('lambda.amazonaws.com', [
      // Without logs:CreateLogGroup, so that a late log line does not recreate the group after the stack is deleted.
      { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: logs(site) },
      { Action: ['kinesis:DescribeStream*', 'kinesis:Get*', 'kinesis:ListShards'], Resource: streams(site) },
      { Action: ['kinesis:ListStreams'], Resource: '*' },
      // Where Lambda puts discarded batches (Developer Guide, "Retain discarded batch records").
      { Action: ['s3:PutObject', 's3:ListBucket'], Resource: [arnOf(BUCKET), objects()] },
    ]),
    [STATES_ROLE]: role('states.amazonaws.com', [
      { Action: ['lambda:InvokeFunction'], Resource: functions(site) },
      { Action: ['sns:Publish'], Resource: topics(site) },
      { Action: ['events:PutEvents'], Resource: own('events', 'event-bus/default') },
      // PutMetricData knows no resource, only a namespace.
      {
        Action: ['cloudwatch:PutMetricData'],
        Resource: '*',
        Condition: { StringEquals: { 'cloudwatch:namespace': site.prefix } },
      },
    ]),
  };
}

/** Its objects expire after a day, in case a run leaves it behind. */
export const bucket = ({ prefix }: Site, name: string, properties: object = {}): Resource => ({
  Type: 'AWS::S3::Bucket',
  Properties: {
    BucketName: `${prefix}-${name}`,
    LifecycleConfiguration: { Rules: [{ Id: 'left-behind', Status: 'Enabled', ExpirationInDays: 1 }] },
    ...properties,
  },
});

export const stream = ({ prefix }: Site, name: string): Resource => ({
  Type: 'AWS::Kinesis::Stream',
  Properties: { Name: `${prefix}-${name}`, ShardCount: 1 },
});

export type Statement = { readonly Action: readonly string[]; readonly Resource: unknown; readonly Condition?: object };

/** A role that a service, or this account, can assume. */
export const role = (principal: string, statements: readonly Statement[]): Resource => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: principal === 'account' ? { AWS: ref('AWS::AccountId') } : { Service: principal },
          Action: 'sts:AssumeRole',
        },
      ],
    },
    Policies: [
      {
        PolicyName: 'probe',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: statements.map((each) => ({ Effect: 'Allow', ...each })),
        },
      },
    ],
  },
});

const own = (service: string, resource: string) => ({
  'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`,
});
const logs = ({ prefix }: Site) => own('logs', `log-group:/aws/lambda/${prefix}-*`);
const streams = ({ prefix }: Site) => own('kinesis', `stream/${prefix}-*`);
const functions = ({ prefix }: Site) => own('lambda', `function:${prefix}-*`);
const topics = ({ prefix }: Site) => own('sns', `${prefix}-*`);
export const objects = (under = '') => ({ 'Fn::Sub': `\${${BUCKET}.Arn}/${under}*` });
