import { z } from 'zod';
import { metricSink } from '#adapters/cloudwatch.ts';
import { DuckDB } from '#adapters/duckdb.ts';
import { count, functionEnv, optionalText } from '#adapters/function-env.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { S3Store } from '#adapters/s3.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { systemClock } from '#clock.ts';
import { checkedInput } from '#function-input.ts';
import { monitorInputSchema, monitorState } from '#monitoring/monitor-state.ts';
import { monitoringSettingsSchema } from '#monitoring/settings.ts';
import { loadRun } from '#registry/load-run.ts';
import { registry } from '../model-registry.ts';

const env = functionEnv(
  z.object({
    TRIPCAST_ENV: z.string(),
    DATA_BUCKET: z.string(),
    CODE_VERSION: z.string(),
    MONITORING: z.string().transform((text) => monitoringSettingsSchema.parse(JSON.parse(text))),
    ROLLBACK_TOLERANCE_MINUTES: optionalText.transform((text) => (text === undefined ? undefined : Number(text))),
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: count,
  }),
);
const data = new S3Store(env.DATA_BUCKET);
/** The other half is for Node, onnxruntime and the page cache of /tmp. */
const databaseMemoryMb = Math.floor(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE / 2);

/** State Monitor: has the data of a scored month changed, and are its predictions worse? */
export async function handler(input: unknown) {
  const outcome = checkedInput(monitorInputSchema, input);
  const toleranceMinutes = env.ROLLBACK_TOLERANCE_MINUTES;
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path, memoryLimitMb: databaseMemoryMb });
  return await monitorState(outcome, {
    data,
    storeOf: (bucket) => new S3Store(bucket),
    loadModel: (run) => loadRun(registry, run, loadScorer),
    database,
    workFolder: folder.path,
    settings: env.MONITORING,
    env: env.TRIPCAST_ENV,
    metricsFor: (taxi_type) => metricSink('tripcast', { environment: env.TRIPCAST_ENV, taxi_type }),
    rollback: toleranceMinutes === undefined ? undefined : { registry, loadScorer, toleranceMinutes },
    explain: env.MONITORING.explain ? openXGBoost : undefined,
    codeVersion: env.CODE_VERSION,
    clock: systemClock,
  });
}
