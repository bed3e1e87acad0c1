import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
  UpdateStackCommand,
  waitUntilStackUpdateComplete,
} from '@aws-sdk/client-cloudformation';
import { clientOfPlace } from './client.ts';

const cloudFormation = clientOfPlace(() => new CloudFormationClient({}));

/** A deployed stack: its outputs and parameters by name. */
export interface DeployedStack {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
}

/** undefined when there is no such stack in this account and region. */
export async function describeStack(name: string, client = cloudFormation()): Promise<DeployedStack | undefined> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    if (stack === undefined) return undefined;
    return {
      status: stack.StackStatus ?? 'UNKNOWN',
      outputs: Object.fromEntries((stack.Outputs ?? []).map((each) => [each.OutputKey, each.OutputValue])),
      parameters: Object.fromEntries((stack.Parameters ?? []).map((each) => [each.ParameterKey, each.ParameterValue])),
    };
  } catch (error) {
    if (error instanceof CloudFormationServiceException && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}

/** Updates one parameter and nothing else; the template and the other parameters stay as they are. */
export async function setStackParameter(name: string, parameter: string, value: string): Promise<void> {
  const stack = await describeStack(name);
  const others = Object.keys(stack?.parameters ?? {}).filter((each) => each !== parameter);
  await cloudFormation().send(
    new UpdateStackCommand({
      StackName: name,
      UsePreviousTemplate: true,
      Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
      Parameters: [
        { ParameterKey: parameter, ParameterValue: value },
        ...others.map((each) => ({ ParameterKey: each, UsePreviousValue: true })),
      ],
    }),
  );
  await waitUntilStackUpdateComplete(
    { client: cloudFormation(), maxWaitTime: 600, minDelay: 1, maxDelay: 5 },
    { StackName: name },
  );
}
