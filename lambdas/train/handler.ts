import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import { count, functionEnv } from '#adapters/function-env.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { S3Store } from '#adapters/s3.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { systemClock } from '#clock.ts';
import { checkedInput } from '#function-input.ts';
import { filesOf } from '#registry/registry.ts';
import { fetchRawMonths } from '#storage/raw-months.ts';
import { newRunId } from '#storage/run-id.ts';
import { originalOf, recalibrateRun } from '#training/recalibrate-run.ts';
import { trainRun } from '#training/train-run.ts';
import { planRecalibration, planTraining, type TrainingJob, trainingRequestSchema } from '#training/training-job.ts';
import type { Month } from '#trips/month.ts';
import { type TaxiType, taxiTypeSchema } from '#trips/taxi-type.ts';
import { registry } from '../model-registry.ts';

const env = functionEnv(
  z.object({
    DATA_BUCKET: z.string(),
    SERVED_TAXI_TYPE: taxiTypeSchema,
    CODE_VERSION: z.string(),
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: count,
  }),
);
const data = new S3Store(env.DATA_BUCKET);
/** The other half is for Node, XGBoost and the page cache of /tmp. */
const databaseMemoryMb = Math.floor(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE / 2);

/** State Train: fits a recipe or recalibrates a run on raw months, and leaves the new run in staging for the gate. */
export async function handler(input: unknown): Promise<TrainingJob> {
  const request = checkedInput(trainingRequestSchema, input);
  const original = await originalOf(request, env.SERVED_TAXI_TYPE, registry);
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path, memoryLimitMb: databaseMemoryMb });
  const deps = (taxiType: TaxiType) => ({
    database,
    loadScorer,
    fetch: (months: readonly Month[]) => fetchRawMonths(data, taxiType, months, folder.path),
    codeVersion: env.CODE_VERSION,
    clock: systemClock,
  });
  const run_id = newRunId();
  if (original === undefined) {
    const plan = planTraining(request, env.SERVED_TAXI_TYPE);
    const run = await trainRun(run_id, plan, { ...deps(plan.taxi_type), boosting: openXGBoost });
    await registry.staged(run_id).complete(filesOf(run));
    return { run_id, ...plan };
  }
  const plan = planRecalibration(request, original.card);
  const run = await recalibrateRun(run_id, plan, original, deps(plan.taxi_type));
  await registry.staged(run_id).complete(filesOf(run));
  return { run_id, ...plan };
}
