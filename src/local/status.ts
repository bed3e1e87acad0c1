import { type DeployedStack, describeStackAt } from '#adapters/cloudformation.ts';
import { TripcastError } from '#errors.ts';
import { loadConfig } from '#lib/config/load.ts';
import { stackName } from '#lib/config/names.ts';
import { sourcesHash } from '#packaging/sources.ts';
import { localApiUrl } from './api-url.ts';
import { isAnswering } from './emulator.ts';
import { type LocalEnvironment, lastEnvironment, readEnvironment, TEST_CREDENTIALS } from './environment.ts';
import { localstackHealth } from './localstack.ts';
import { type LocalStackRecord, readLocalStack } from './localstack-record.ts';
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
      readonly emulator: 'ministack';
      readonly environment: LocalEnvironment;
      /** Whether its emulator, whose process is running, answers. */
      readonly answers: boolean;
      /** undefined: the emulator has no such stack */
      readonly stack: StackStatus | undefined;
      /** undefined: it was not started, because MLFLOW_TRACKING_URI names another */
      readonly mlflow: MlflowState | undefined;
      /** whether the sources are still the deployed ones */
      readonly current: boolean;
    }
  | {
      readonly up: true;
      readonly emulator: 'localstack';
      readonly endpointUrl: string;
      /** undefined: it does not answer */
      readonly version: string | undefined;
      readonly stack: StackStatus | undefined;
      readonly current: boolean;
    };

/** Which parts of the local environment are up, and what the deployed stack reports. */
export async function status(): Promise<Status> {
  const environment = readEnvironment();
  if (environment === undefined) {
    const localstack = readLocalStack();
    if (localstack !== undefined) return statusOfLocalStack(localstack);
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
    emulator: 'ministack',
    environment,
    answers,
    stack,
    mlflow,
    current: environment.deployed?.sourcesHash === sourcesHash(),
  };
}

async function statusOfLocalStack({ endpointUrl, sourcesHash: deployed }: LocalStackRecord): Promise<Status> {
  const version = await versionOf(endpointUrl);
  const stack = version === undefined ? undefined : await deployedStack(endpointUrl);
  const current = deployed === sourcesHash();
  return { up: true, emulator: 'localstack', endpointUrl, version, stack, current };
}

async function versionOf(endpointUrl: string): Promise<string | undefined> {
  try {
    return (await localstackHealth(endpointUrl)).version;
  } catch (error) {
    if (error instanceof TripcastError) return undefined; // nothing answers there, or something else
    throw error;
  }
}

async function deployedStack(endpoint: string): Promise<StackStatus | undefined> {
  const { region } = loadConfig('dev');
  const name = stackName('dev');
  const stack = await describeStackAt({ endpoint, region, credentials: TEST_CREDENTIALS }, name);
  if (stack === undefined) return undefined;
  const { ApiUrl: api, ...outputs } = stack.outputs;
  const apiUrl = api && localApiUrl(api, endpoint);
  return { name, ...stack, outputs: { ...outputs, ...(apiUrl && { ApiUrl: apiUrl }) } };
}
