import { CfnResource, Stack } from 'aws-cdk-lib/core';
import { z } from 'zod';
import type { SynthesizedStack } from './synthesized.ts';

const oneOrMore = <T extends z.ZodType>(schema: T) => z.union([z.array(schema), schema.transform((one) => [one])]);

const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.union([z.literal('*'), z.record(z.string(), oneOrMore(z.unknown()))]).optional(),
  Action: oneOrMore(z.string()),
  Resource: oneOrMore(z.unknown()).optional(),
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore(z.unknown()))).optional(),
});
type RawStatement = z.infer<typeof statementSchema>;
const documentSchema = z.object({ Statement: z.array(statementSchema) });

/** Who may do what: one statement of a stack, in readable words. */
export interface ReadableStatement {
  /** The construct whose policy it is: a role, or the bucket, queue, topic, key or function that it protects. */
  readonly of: string;
  /** In a resource's own policy and in a role's trust policy. */
  readonly principals: readonly string[];
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  /** None in a role's trust policy: it applies to the role itself. */
  readonly resources: readonly string[];
  /** `StringEquals aws:SourceAccount = {AccountId}` */
  readonly conditions: readonly string[];
}

/** Every IAM statement in a stack's template, wherever CloudFormation keeps it. */
export function statementsIn({ stack, template }: SynthesizedStack): readonly ReadableStatement[] {
  const paths = pathsOf(stack);
  const read = (value: unknown) => readable(value, paths);
  const found = Object.entries<{ Type: string; Properties?: Record<string, unknown> }>(
    template.toJSON().Resources,
  ).flatMap(([id, { Type, Properties = {} }]) => {
    const statements = (of: string, document: unknown) =>
      documentSchema.parse(document).Statement.map((statement) => inWords(of, statement, read));
    switch (Type) {
      case 'AWS::IAM::Role': {
        expectNone(id, Properties, 'Policies', 'ManagedPolicyArns');
        return statements(read({ Ref: id }), Properties.AssumeRolePolicyDocument);
      }
      case 'AWS::IAM::Policy':
        return z
          .array(z.unknown())
          .parse(Properties.Roles)
          .flatMap((role) => statements(read(role), Properties.PolicyDocument));
      case 'AWS::S3::BucketPolicy':
        return statements(read(Properties.Bucket), Properties.PolicyDocument);
      case 'AWS::SQS::QueuePolicy':
        return z
          .array(z.unknown())
          .parse(Properties.Queues)
          .flatMap((queue) => statements(read(queue), Properties.PolicyDocument));
      case 'AWS::SNS::TopicPolicy':
        return z
          .array(z.unknown())
          .parse(Properties.Topics)
          .flatMap((topic) => statements(read(topic), Properties.PolicyDocument));
      case 'AWS::KMS::Key':
        return statements(read({ Ref: id }), Properties.KeyPolicy);
      case 'AWS::Lambda::Permission':
        return [permission(Properties, read)];
      default:
        expectNone(id, Properties, 'PolicyDocument', 'ResourcePolicy', 'Policy', 'AccessPolicy');
        return [];
    }
  });
  const place = (each: ReadableStatement) => `${each.of}\n${textOf(each)}`;
  return found.sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** The statements as a file to read, and to compare line by line in a review. */
export function iamText(statements: readonly ReadableStatement[]): string {
  const of = [...new Set(statements.map((each) => each.of))];
  return of
    .map((name) => [name, ...statements.filter((each) => each.of === name).map(textOf)].join('\n'))
    .map((section) => `${section}\n`)
    .join('\n');
}

/** One line per action, resource and condition, so that a diff shows which was added. */
function textOf({ principals, effect, actions, resources, conditions }: ReadableStatement): string {
  const who = principals.length === 0 ? '' : ` to ${principals.join(', ')}`;
  const parts = [
    `  ${effect.toLowerCase()}${who}`,
    ...actions.map((action) => `    ${action}`),
    ...resources.map((resource) => `      on ${resource}`),
    ...conditions.map((condition) => `      if ${condition}`),
  ];
  return parts.join('\n');
}

function inWords(of: string, statement: RawStatement, read: (value: unknown) => string): ReadableStatement {
  const { Effect, Principal = {}, Action, Resource = [], Condition = {} } = statement;
  return {
    of,
    effect: Effect,
    principals:
      Principal === '*'
        ? ['*']
        : Object.entries(Principal).flatMap(([kind, who]) => who.map((each) => `${kind} ${read(each)}`)),
    actions: Action.toSorted(),
    resources: Resource.map(read).toSorted(),
    conditions: Object.entries(Condition)
      .flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, values]) => `${operator} ${key} = ${values.map(read).join(' or ')}`),
      )
      .toSorted(),
  };
}

/** A function's own policy, which CloudFormation spells as a separate resource. */
function permission(properties: Record<string, unknown>, read: (value: unknown) => string): ReadableStatement {
  const { Action, FunctionName, Principal, SourceArn } = properties;
  return {
    of: read(FunctionName),
    effect: 'Allow',
    principals: [`Service ${read(Principal)}`],
    actions: [read(Action)],
    resources: [],
    conditions: SourceArn === undefined ? [] : [`ArnLike aws:SourceArn = ${read(SourceArn)}`],
  };
}

/** A statement hidden where this does not look would be a hole in the review. */
function expectNone(id: string, properties: Record<string, unknown>, ...keys: readonly string[]): void {
  const present = keys.filter((key) => properties[key] !== undefined);
  if (present.length > 0) throw new Error(`${id} has ${present.join(', ')}: teach iam-text.ts to read it`);
}

/** The path of each resource by its logical id: `Data/Models/Bucket` reads better than `DataModelsBucketE4DBC878`. */
function pathsOf(stack: Stack): ReadonlyMap<string, string> {
  const resources = stack.node.findAll().filter((node) => CfnResource.isCfnResource(node));
  return new Map(
    resources.map((each) => [
      Stack.of(each).getLogicalId(each),
      each.node.path.replace(`${stack.node.path}/`, '').replace(/\/Resource$/, ''),
    ]),
  );
}

/** A template value: `Data/Models/Bucket/aliases/*`, `{AccountId}`. An ARN is written as the thing it identifies. */
function readable(value: unknown, paths: ReadonlyMap<string, string>): string {
  const reference = z.union([
    z.string(),
    z.object({ Ref: z.string() }).transform(({ Ref }) => paths.get(Ref) ?? `{${Ref.replace('AWS::', '')}}`),
    z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }).transform(({ 'Fn::GetAtt': [id, attribute] }) => {
      const path = paths.get(id) ?? id;
      return attribute === 'Arn' || attribute.endsWith('Arn') ? path : `${path}.${attribute}`;
    }),
  ]);
  const joined = z
    .object({ 'Fn::Join': z.tuple([z.literal(''), z.array(reference)]) })
    .transform((each) => each['Fn::Join'][1].join(''));
  return z.union([reference, joined]).parse(value);
}
