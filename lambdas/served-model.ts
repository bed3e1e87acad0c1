import { z } from 'zod';
import { engineSchema, scorerLoader } from '#adapters/engine.ts';
import { count, functionEnv, optionalText } from '#adapters/function-env.ts';
import { S3Store } from '#adapters/s3.ts';
import { systemClock } from '#clock.ts';
import { LiveModel, modelAt, pinnedRun } from '#registry/live-model.ts';
import type { ModelSource } from '#registry/model-source.ts';
import { parseRunId } from '#storage/run-id.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';
import { registeredModels, registry } from './model-registry.ts';
import { reportFallback } from './telemetry.ts';

const env = functionEnv(
  z.object({
    SERVED_TAXI_TYPE: taxiTypeSchema,
    SCORING_ENGINE: engineSchema,
    MODEL_REFRESH_SECONDS: count,
    RUN_ID: optionalText.transform((text) => (text === undefined ? undefined : parseRunId(text))),
    MODEL_LOCATION: optionalText,
  }),
);

export const servedTaxiType = env.SERVED_TAXI_TYPE;

/** The model name in predictions. */
export const modelName = registeredModels[env.SERVED_TAXI_TYPE];

const loadScorer = scorerLoader(env.SCORING_ENGINE, reportFallback);

/** The model that the function was deployed to serve: MODEL_LOCATION, else RUN_ID, else the champion. */
export function servedModel(onRefreshFailed: (error: unknown) => void): ModelSource {
  const { RUN_ID: runId, MODEL_LOCATION: location, SERVED_TAXI_TYPE: taxiType } = env;
  if (location !== undefined) {
    return modelAt({
      location,
      ...(runId && { runId }),
      storeOf: (bucket) => new S3Store(bucket),
      taxiType,
      loadScorer,
    });
  }
  if (runId !== undefined) return pinnedRun({ registry, runId, taxiType, loadScorer });
  const refreshSeconds = env.MODEL_REFRESH_SECONDS;
  return new LiveModel({ registry, taxiType, loadScorer, refreshSeconds, clock: systemClock, onRefreshFailed });
}
