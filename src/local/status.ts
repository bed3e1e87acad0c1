import { type DeployedStack, describeStackAt } from '#adapters/cloudformation.ts';
import { loadConfig, stackName } from '#lib/config.ts';
import { sourcesHash } from '#packaging/sources.ts';
import { localApiUrl } from './api-url.ts';
import { isAnswering } from './emulator.ts';
import { type LocalEnvironment, lastEnvironment, readEnvironment, TEST_CREDENTIALS } from './environment.ts';
import { type MlflowState, mlflowState } from './mlflow.ts';

export type StackStatus = DeployedStack & { readonly name: string };

export type Status =
  | {
      readonly up: false;
      /** The environment whose emulator ended by itself. */
      readonly ended?: LocalEnvironment;
    }
  | {
      readonly up: true;
      readonly environment: LocalEnvironment;
      /** Whether its emulator, whose process runs, answers. */
      readonly answers: boolean;
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
  if (environment === undefined) {
    const ended = lastEnvironment();
    return { up: false, ...(ended && { ended }) };
  }
  const answers = await isAnswering(environment.endpointUrl);
  const [stack, mlflow] = await Promise.all([
    answers ? deployedStack(environment.endpointUrl) : undefined,
    environment.mlflow && mlflowState(environment.mlflow),
  ]);
  return {
    up: true,
    environment,
    answers,
    stack,
    mlflow,
    current: environment.deployed?.sourcesHash === sourcesHash(),
  };
}

async function deployedStack(endpoint: string): Promise<StackStatus | undefined> {
  const { region } = loadConfig('dev');
  const name = stackName('dev');
  const stack = await describeStackAt({ endpoint, region, credentials: TEST_CREDENTIALS }, name);
  if (stack === undefined) return undefined;
  const { ApiUrl: api, ...outputs } = stack.outputs;
  return { name, ...stack, outputs: { ...outputs, ...(api && { ApiUrl: localApiUrl(api, endpoint) }) } };
}
