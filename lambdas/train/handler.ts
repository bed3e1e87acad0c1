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
import { trainRun } from '#training/train-run.ts';
import { planTraining, type TrainingJob, trainingRequestSchema } from '#training/training-job.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';
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

/** State Train: trains a run on raw months, and leaves it in staging for the gate. */
export async function handler(input: unknown): Promise<TrainingJob> {
  const plan = planTraining(checkedInput(trainingRequestSchema, input), env.SERVED_TAXI_TYPE);
  const run_id = newRunId();
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path, memoryLimitMb: databaseMemoryMb });
  const run = await trainRun(run_id, plan, {
    database,
    boosting: openXGBoost,
    loadScorer,
    fetch: (months) => fetchRawMonths(data, plan.taxi_type, months, folder.path),
    codeVersion: env.CODE_VERSION,
    clock: systemClock,
  });
  await registry.staged(run_id).complete(filesOf(run));
  return { run_id, ...plan };
}
