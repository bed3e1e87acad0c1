import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import { count, functionEnv } from '#adapters/function-env.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { S3Store } from '#adapters/s3.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { checkedInput } from '#function-input.ts';
import { findRawMonths } from '#storage/raw-months.ts';
import { gateLimitsSchema } from '#training/gate.ts';
import { gateRun } from '#training/gate-run.ts';
import { type TrainingOutcome, trainingJobSchema } from '#training/training-job.ts';
import { registry } from '../model-registry.ts';

const env = functionEnv(
  z.object({
    DATA_BUCKET: z.string(),
    GATE_LIMITS: z.string().transform((text) => gateLimitsSchema.parse(JSON.parse(text))),
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: count,
  }),
);
const data = new S3Store(env.DATA_BUCKET);
/** The other half is for Node, XGBoost and the page cache of /tmp. */
const databaseMemoryMb = Math.floor(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE / 2);

/** State Gate: may the staged run become the champion? "No" is an answer, not an error. */
export async function handler(input: unknown): Promise<TrainingOutcome> {
  const job = checkedInput(trainingJobSchema, input);
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path, memoryLimitMb: databaseMemoryMb });
  return await gateRun(job, {
    registry,
    database,
    boosting: openXGBoost,
    loadScorer,
    fetch: async (months) => (await findRawMonths(data, job.taxi_type, months, folder.path)).found,
    limits: env.GATE_LIMITS,
  });
}
