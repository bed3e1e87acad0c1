import {
  type CloudFormationClient,
  CreateStackCommand,
  paginateListStackResources,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { deleteStack, describeStack, stackResources } from '#adapters/cloudformation.ts';
import { emptyBucket } from '#adapters/s3.ts';
import { TripcastError } from '#errors.ts';
import type { Site } from './probe.ts';
import type { Template } from './site-template.ts';
import { until } from './wait.ts';

export const TAG = 'tripcast:probe';

/** Each resource's physical id, or why it was not created. */
export type Made = ReadonlyMap<string, { readonly id: string } | { readonly failed: string }>;

/**
 * Deploys a template. A resource that fails to create affects only those that depend on it, so the other probes still run
 * (User Guide, "Choose how to handle failures when provisioning resources").
 */
export async function deploy(
  name: string,
  template: Template,
  where: { readonly cloudFormation: CloudFormationClient; readonly signal: AbortSignal } & Pick<Site, 'patience'>,
): Promise<Made> {
  const { cloudFormation } = where;
  await cloudFormation.send(
    new CreateStackCommand({
      StackName: name,
      TemplateBody: JSON.stringify(template),
      Capabilities: ['CAPABILITY_IAM'],
      OnFailure: 'DO_NOTHING',
      TimeoutInMinutes: 10,
      Tags: [{ Key: TAG, Value: name }],
    }),
  );
  const status = await until(
    where,
    async () => (await describeStack(name, cloudFormation))?.status ?? 'gone',
    (seen) => !seen.endsWith('_IN_PROGRESS'),
    660_000,
  );
  const made = new Map<string, { id: string } | { failed: string }>();
  for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName: name })) {
    for (const each of page.StackResourceSummaries ?? []) {
      const isThere = each.ResourceStatus === 'CREATE_COMPLETE';
      const why = `${each.ResourceStatus}: ${each.ResourceStatusReason ?? 'no reason given'}`;
      made.set(each.LogicalResourceId ?? '', isThere ? { id: each.PhysicalResourceId ?? '' } : { failed: why });
    }
  }
  if (made.size === 0) throw new TripcastError(`The stack ${name} is ${status} and holds nothing`, 'See its events.');
  return made;
}

/** One probe creates a small stack of its own; a cleanup looks for it too. */
export const secondStack = (prefix: string) => `${prefix}-second`;

const TRIES = 3;

/** Deletes everything that a run created. @returns the stacks that existed */
export async function cleanUp(prefix: string, cloudFormation: CloudFormationClient): Promise<readonly string[]> {
  const deleted: string[] = [];
  for (const name of [secondStack(prefix), prefix]) {
    const stack = await describeStack(name, cloudFormation);
    if (stack === undefined || stack.status === 'DELETE_COMPLETE') continue;
    if (stack.isProtected) {
      await cloudFormation.send(
        new UpdateTerminationProtectionCommand({ StackName: name, EnableTerminationProtection: false }),
      );
    }
    await deleteEmptied(name);
    deleted.push(name);
  }
  return deleted;
}

/** Tries again, because a function or Firehose may still write to a bucket that was just emptied. */
async function deleteEmptied(name: string, triesLeft = TRIES): Promise<void> {
  for (const { type, physicalId } of await stackResources(name)) {
    if (type === 'AWS::S3::Bucket') await emptyBucket(physicalId, () => {});
  }
  try {
    await deleteStack(name);
  } catch (error) {
    if (triesLeft === 1) throw error;
    await deleteEmptied(name, triesLeft - 1);
  }
}
