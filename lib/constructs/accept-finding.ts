import { Stack, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import { z } from 'zod';

/**
 * Accepts a finding of cdk-nag's AwsSolutions rules at or below a construct. The tests reject any finding in prod that
 * is not accepted, and any acceptance without a finding.
 * @param rule `S1`, or one finding of a rule that has several: `IAM5[Action::kms:GenerateDataKey*]`
 * @param reason why it is acceptable here, for an auditor
 */
export function acceptFinding(scope: IConstruct, rule: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/** Accepts that roles at or below a construct are granted something on an ARN with a `*` in it. */
export function acceptWildcard(scope: IConstruct, arn: string, reason: string): void {
  const flattened = arnSchema.parse(Stack.of(scope).resolve(arn));
  acceptFinding(scope, `IAM5[Resource::${flattened}]`, reason);
}

/** Values that CloudFormation fills in, as cdk-nag writes them: `<LogicalId>`, `<LogicalId.Attribute>`. */
const partSchema = z.union([
  z.string(),
  z.object({ Ref: z.string() }).transform(({ Ref }) => `<${Ref}>`),
  z.object({ 'Fn::GetAtt': z.array(z.string()) }).transform((each) => `<${each['Fn::GetAtt'].join('.')}>`),
]);
const arnSchema = z.union([
  partSchema,
  z
    .object({ 'Fn::Join': z.tuple([z.literal(''), z.array(partSchema)]) })
    .transform((each) => each['Fn::Join'][1].join('')),
]);
