import { z } from 'zod';
import { reportHook } from '#adapters/codedeploy.ts';
import { functionEnv } from '#adapters/function-env.ts';
import { invokeFunction } from '#adapters/lambda.ts';
import { checkedInput } from '#function-input.ts';
import {
  checkBeforeTraffic,
  type PreTrafficDeps,
  type PreTrafficOutcome,
  preTrafficSchema,
} from '#operations/pre-traffic.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';
import { registry } from '../model-registry.ts';
import { logger } from '../telemetry.ts';

const versionsSchema = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.record(z.string(), z.coerce.number().int().positive()));
const env = functionEnv(z.object({ LIVE_VERSIONS: versionsSchema, SERVED_TAXI_TYPE: taxiTypeSchema }));

const deps: PreTrafficDeps = {
  versions: env.LIVE_VERSIONS,
  hasChampion: async () => (await registry.champion(env.SERVED_TAXI_TYPE)) !== undefined,
  invoke: (name, version, event) => invokeFunction(`${name}:${version}`, event),
  report: (hook, status) => reportHook(hook, status),
};

/** CodeDeploy's hook before a new version gets traffic: the version must reproduce its golden rides. */
export async function handler(input: unknown): Promise<PreTrafficOutcome> {
  const outcome = await checkBeforeTraffic(checkedInput(preTrafficSchema, input), deps);
  const { status, reasons } = outcome;
  if (status === 'Failed') logger.error('The new versions get no traffic', { reasons });
  else logger.info('The new versions may get traffic', { reasons });
  return outcome;
}
