import { z } from 'zod';
import { functionEnv, modelEnv } from '#adapters/function-env.ts';
import { S3Store } from '#adapters/s3.ts';
import { Registry } from '#registry/registry.ts';

const env = functionEnv(z.object(modelEnv));

/** The registered model of each taxi type. */
export const registeredModels = { green: env.REGISTERED_MODEL_GREEN, yellow: env.REGISTERED_MODEL_YELLOW };

/** The registry that the function was deployed to use. */
export const registry = new Registry(new S3Store(env.MODEL_BUCKET), {
  experiment: env.MODEL_EXPERIMENT,
  registeredModels,
});
