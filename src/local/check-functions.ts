import { invokeFunction } from '#adapters/lambda.ts';
import { S3Store } from '#adapters/s3.ts';
import { TripcastError } from '#errors.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName, liveFunctionName } from '#lib/config/names.ts';
import { askGoldenRides } from '#operations/rollout.ts';
import { Registry } from '#registry/registry.ts';
import type { Outputs } from './deploy.ts';

/** Those that answer the golden rides: between them they load all native packages but the trainer's. */
const CHECKED = [
  liveFunctionName('dev', 'stream-score'),
  liveFunctionName('dev', 'predict'),
  functionName('dev', 'score'),
];

/**
 * Makes functions answer the champion's golden rides; without a champion they must say that there is none, and thereby
 * have started.
 * @throws TripcastError naming the function that does neither
 */
export async function checkFunctions(outputs: Outputs): Promise<void> {
  const { model } = loadConfig('dev');
  const registry = new Registry(new S3Store(outputs.ModelBucketName ?? ''), model);
  const champion = await registry.champion(model.servedTaxiType);
  for (const name of CHECKED) {
    const health = await askGoldenRides({ invoke: (_, event) => invokeFunction(name, event) }, 0);
    if (health.ok || (champion === undefined && health.reason.includes(NO_CHAMPION))) continue;
    throw new TripcastError(
      `The stack is deployed, but its functions do not work: ${health.reason.replace(/\.$/, '')}`,
      /Cannot find module/.test(health.reason)
        ? 'LocalStack’s free edition applies no layers: start it with docker/compose.yaml, which mounts dist/opt at /opt instead.'
        : 'Fix that, and deploy it again.',
    );
  }
}

const NO_CHAMPION = 'There is no champion';
