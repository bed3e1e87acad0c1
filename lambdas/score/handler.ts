import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { DuckDB, duckdbVersion } from '#adapters/duckdb.ts';
import { engineSchema, scorerLoader } from '#adapters/engine.ts';
import { count, functionEnv, optionalText } from '#adapters/function-env.ts';
import { S3Store } from '#adapters/s3.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { monthJobSchema } from '#batch/outcome.ts';
import { scoreMonth } from '#batch/score-month.ts';
import { systemClock } from '#clock.ts';
import { checkedInput } from '#function-input.ts';
import { goldenCheck, isGoldenCheck } from '#registry/golden-check.ts';
import { loadRun } from '#registry/load-run.ts';
import { NoChampionError } from '#registry/model-source.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';
import { registry } from '../model-registry.ts';
import { publishMetrics, reportFallback } from '../telemetry.ts';

const env = functionEnv(
  z.object({
    DATA_BUCKET: z.string(),
    SERVED_TAXI_TYPE: taxiTypeSchema,
    SCORING_ENGINE: engineSchema,
    CODE_VERSION: z.string(),
    INPUT_FILE_PATTERN: optionalText,
    OUTPUT_FILE_PATTERN: optionalText,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: count,
  }),
);
const loadScorer = scorerLoader(env.SCORING_ENGINE, reportFallback, { threads: availableParallelism() });
const data = new S3Store(env.DATA_BUCKET);

/** State Score: one raw month to predictions, a receipt and the current pointer. */
export async function handler(input: unknown) {
  try {
    return isGoldenCheck(input) ? await goldenCheck({ current: champion }) : await score(input);
  } finally {
    publishMetrics();
  }
}

async function score(input: unknown) {
  const job = checkedInput(monthJobSchema, input);
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path, memoryLimitMb: databaseMemoryMb });
  return await scoreMonth(job, {
    data,
    storeOf: (bucket) => new S3Store(bucket),
    loadModel: () => loadRun(registry, job.run_id, loadScorer),
    database,
    workFolder: folder.path,
    codeVersion: env.CODE_VERSION,
    engines: { node: process.version, duckdb: duckdbVersion() },
    inputPattern: env.INPUT_FILE_PATTERN,
    outputPattern: env.OUTPUT_FILE_PATTERN,
    clock: systemClock,
  });
}

/** Half of the function's memory: the other half is for Node, the model and the page cache of /tmp. */
const databaseMemoryMb = Math.floor(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE / 2);

async function champion() {
  const found = await registry.champion(env.SERVED_TAXI_TYPE);
  if (found === undefined) throw new NoChampionError(env.SERVED_TAXI_TYPE);
  return loadRun(registry, found.pointer.run_id, loadScorer);
}
