import {
  CloudFormationClient,
  CloudFormationServiceException,
  DeleteStackCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateDescribeStackEvents,
  paginateListStackResources,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import type { StackResource } from '#operations/teardown.ts';
import { clientOfPlace, type Place } from './client.ts';

const cloudFormation = clientOfPlace(() => new CloudFormationClient({}));

/** A deployed stack: its outputs by name. */
export interface DeployedStack {
  readonly status: string;
  /** Whether CloudFormation refuses to delete it. */
  readonly isProtected: boolean;
  readonly outputs: Readonly<Record<string, string>>;
}

/** undefined if this account and region have no such stack */
export async function describeStack(name: string, client = cloudFormation()): Promise<DeployedStack | undefined> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    if (stack === undefined) return undefined;
    return {
      status: stack.StackStatus ?? 'UNKNOWN',
      isProtected: stack.EnableTerminationProtection ?? false,
      outputs: Object.fromEntries((stack.Outputs ?? []).map((each) => [each.OutputKey, each.OutputValue])),
    };
  } catch (error) {
    if (error instanceof CloudFormationServiceException && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}

/** Like {@link describeStack}, but for a place other than the one this process points to. */
export async function describeStackAt(place: Place, name: string): Promise<DeployedStack | undefined> {
  const client = new CloudFormationClient({ ...place });
  try {
    return await describeStack(name, client);
  } finally {
    client.destroy();
  }
}

const templateSchema = z.object({
  Resources: z.record(z.string(), z.object({ DeletionPolicy: z.string().optional() })),
});

/** The resources of a stack, with what its template says about each. */
export async function stackResources(name: string): Promise<readonly StackResource[]> {
  const { TemplateBody = '{}' } = await cloudFormation().send(new GetTemplateCommand({ StackName: name }));
  const { Resources: declared } = templateSchema.parse(JSON.parse(TemplateBody));
  const found: StackResource[] = [];
  for await (const page of paginateListStackResources({ client: cloudFormation() }, { StackName: name })) {
    for (const { LogicalResourceId = '', ResourceType = '', ...each } of page.StackResourceSummaries ?? []) {
      if (each.PhysicalResourceId === undefined || each.ResourceStatus === 'DELETE_COMPLETE') continue;
      const policy = declared[LogicalResourceId]?.DeletionPolicy ?? 'Delete';
      found.push({
        logicalId: LogicalResourceId,
        type: ResourceType,
        physicalId: each.PhysicalResourceId,
        isRetained: policy.startsWith('Retain'), // or RetainExceptOnCreate
      });
    }
  }
  return found;
}

const DELETE_SECONDS = 1800;

/** Deletes a stack by name and waits until it is gone. @throws TripcastError naming what could not be deleted */
export async function deleteStack(name: string): Promise<void> {
  const client = cloudFormation();
  const started = new Date();
  await client.send(new DeleteStackCommand({ StackName: name }));
  try {
    await waitUntilStackDeleteComplete(
      { client, maxWaitTime: DELETE_SECONDS, minDelay: 1, maxDelay: 10 },
      { StackName: name },
    );
  } catch (cause) {
    const reasons = await deleteFailures(name, started);
    if (reasons.length === 0) throw cause;
    throw new TripcastError(`The stack ${name} was not deleted:\n${reasons.join('\n')}`, 'Fix that, and try again.', {
      cause,
    });
  }
}

async function deleteFailures(name: string, since: Date): Promise<readonly string[]> {
  const failures: string[] = [];
  for await (const { StackEvents = [] } of paginateDescribeStackEvents(
    { client: cloudFormation() },
    { StackName: name },
  )) {
    for (const { Timestamp = since, ResourceStatus, LogicalResourceId, ResourceStatusReason } of StackEvents) {
      if (Timestamp < since) return failures;
      if (ResourceStatus === 'DELETE_FAILED') failures.push(`  ${LogicalResourceId}: ${ResourceStatusReason}`);
    }
  }
  return failures;
}
