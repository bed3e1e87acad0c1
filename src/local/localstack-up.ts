import { join } from 'node:path';
import { arch } from 'node:process';
import { describeStack } from '#adapters/cloudformation.ts';
import { TripcastError } from '#errors.ts';
import { loadConfig } from '#lib/config/load.ts';
import { OUTPUT_NAMES, stackName } from '#lib/config/names.ts';
import { assembleNatives } from '#packaging/natives.ts';
import { hostPlatform } from '#packaging/platform.ts';
import { sourcesHash } from '#packaging/sources.ts';
import { CLONE } from '#setup/paths.mjs';
import { checkFunctions } from './check-functions.ts';
import { claimLocalStack } from './claim.ts';
import { deployStack, type Outputs } from './deploy.ts';
import { devEnvironmentVariables, readEnvironment, useVariables } from './environment.ts';
import { moveAliases } from './live-aliases.ts';
import { lacks, localstackHealth } from './localstack.ts';
import { readLocalStack, writeLocalStack } from './localstack-record.ts';

/** What functions in LocalStack's containers need at /opt: docker/compose.yaml mounts this folder there. */
export const OPT = join(CLONE, 'dist', 'opt');

export interface OnLocalStack {
  readonly endpointUrl: string;
  readonly version: string;
  readonly lacks: readonly string[];
  readonly outputs: Outputs;
  /** Whether this deployed it; otherwise it was deployed, and nothing has changed since. */
  readonly deployed: boolean;
}

export interface LocalStackOptions {
  /** Default: the one that is in use, or the configuration's. */
  readonly endpointUrl?: string | undefined;
  /** What it cannot do, reported before anything is deployed. */
  readonly onLacks?: (sentences: readonly string[]) => void;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Deploys the dev stack to a LocalStack that someone else started, and makes its functions prove that they run. Commands
 * go there from then on, until `down`.
 * @throws TripcastError when none answers, it lacks what the stack needs, it holds another clone's stack, this clone's
 *   own emulator is up, or a function does not run
 */
export async function upOnLocalStack(options: LocalStackOptions = {}): Promise<OnLocalStack> {
  const { onLacks = () => {}, onLine = () => {}, signal } = options;
  const own = readEnvironment();
  if (own !== undefined) {
    throw new TripcastError(`The local environment is up at ${own.endpointUrl}`, 'Stop it first: `npx tripcast down`.');
  }
  const endpointUrl = byAddress(
    options.endpointUrl ?? readLocalStack()?.endpointUrl ?? loadConfig('dev').endpointUrl ?? '',
  );
  const health = await localstackHealth(endpointUrl);
  const found = { endpointUrl, version: health.version, lacks: lacks(health) };
  useVariables(devEnvironmentVariables(endpointUrl));
  const hash = sourcesHash();
  const present = await deployedOutputs();
  await claimLocalStack(endpointUrl, present !== undefined);
  const recorded = readLocalStack();
  if (present !== undefined && recorded?.endpointUrl === endpointUrl && recorded.sourcesHash === hash) {
    return { ...found, outputs: present, deployed: false };
  }
  onLacks(found.lacks);
  onLine('assembling the natives');
  // Its containers run Linux, whatever this machine runs.
  await assembleNatives(OPT, hostPlatform(`linux-${arch}`));
  const outputs = await deployStack({
    endpointUrl,
    context: ['aliases=stay'],
    // After a direct update it reports success whatever happened, and then deletes by the template before it.
    method: 'change-set',
    onLine,
    ...(signal && { signal }),
  });
  writeLocalStack({ endpointUrl }); // from here on, `tripcast logs` shows why a function does not run
  onLine('checking that the functions run');
  await moveAliases();
  await checkFunctions(outputs);
  writeLocalStack({ endpointUrl, sourcesHash: hash });
  return { ...found, outputs, deployed: true };
}

/** The SDK puts a bucket's name before any host but an address, and `bucket.localhost` is unknown to many machines. */
function byAddress(endpointUrl: string): string {
  const url = new URL(endpointUrl);
  if (url.hostname === 'localhost') url.hostname = '127.0.0.1';
  return url.href.replace(/\/$/, '');
}

/** undefined unless the stack is there, with all its outputs */
async function deployedOutputs(): Promise<Outputs | undefined> {
  const outputs = (await describeStack(stackName('dev')))?.outputs;
  return outputs !== undefined && OUTPUT_NAMES.every((name) => name in outputs) ? outputs : undefined;
}
