import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { loadConfig, stackName } from '../../lib/config.ts';
import type { Outputs } from './deploy.ts';
import { type LocalEnvironment, readEnvironment, TEST_CREDENTIALS } from './environment.ts';
import { type MlflowState, mlflowState } from './mlflow.ts';
import { sourcesHash } from './sources.ts';

export type StackStatus = { readonly name: string; readonly status: string; readonly outputs: Outputs };

export type Status =
  | { readonly up: false }
  | {
      readonly up: true;
      readonly environment: LocalEnvironment;
      /** undefined: the emulator has no such stack */
      readonly stack: StackStatus | undefined;
      /** undefined: it was not started, since MLFLOW_TRACKING_URI names another */
      readonly mlflow: MlflowState | undefined;
      /** whether the sources are still those that were deployed */
      readonly current: boolean;
    };

/** What of the local environment is up, and what the deployed stack says of itself. */
export async function status(): Promise<Status> {
  const environment = readEnvironment();
  if (environment === undefined) return { up: false };
  const [stack, mlflow] = await Promise.all([
    describeStack(environment.endpointUrl),
    environment.mlflow && mlflowState(environment.mlflow),
  ]);
  return {
    up: true,
    environment,
    stack,
    mlflow,
    current: environment.deployed?.sourcesHash === sourcesHash(),
  };
}

async function describeStack(endpoint: string): Promise<StackStatus | undefined> {
  const { region } = loadConfig('dev');
  const name = stackName('dev');
  const client = new CloudFormationClient({ endpoint, region, credentials: TEST_CREDENTIALS });
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const outputs = (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
    return { name, status: stack?.StackStatus ?? 'UNKNOWN', outputs: Object.fromEntries(outputs) };
  } catch (error) {
    if (error instanceof CloudFormationServiceException && /does not exist/.test(error.message)) return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}
