import { type DeployedStack, describeStackAt } from '#adapters/cloudformation.ts';
import { loadConfig } from '#lib/config/load.ts';
import { stackName } from '#lib/config/names.ts';
import { sourcesHash } from '#packaging/sources.ts';
import { localApiUrl } from './api-url.ts';
import { isAnswering } from './emulator.ts';
import { type LocalEnvironment, lastEnvironment, readEnvironment, TEST_CREDENTIALS } from './environment.ts';
import { type MlflowState, mlflowState } from './mlflow.ts';

export type StackStatus = DeployedStack & { readonly name: string };

export type Status =
  | {
      readonly up: false;
      /** The environment whose emulator ended on its own. */
      readonly ended?: LocalEnvironment;
    }
  | {
      readonly up: true;
      readonly environment: LocalEnvironment;
      /** Whether its emulator, whose process is running, answers. */
      readonly answers: boolean;
      /** undefined: the emulator has no such stack */
      readonly stack: StackStatus | undefined;
      /** undefined: it was not started, because MLFLOW_TRACKING_URI names another */
      readonly mlflow: MlflowState | undefined;
      /** whether the sources are still the deployed ones */
      readonly current: boolean;
    };

/** Which parts of the local environment are up, and what the deployed stack reports. */
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
