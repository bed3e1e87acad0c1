import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { functionName } from '../../lib/config.ts';
import { DuckDB } from '../../src/adapters/duckdb.ts';
import { loadScorer } from '../../src/adapters/onnxruntime.ts';
import { workFolder } from '../../src/adapters/work-folder.ts';
import { openXGBoost } from '../../src/adapters/xgboost.ts';
import type { Deployment } from '../../src/cli/context.ts';
import { xgboostLibrary } from '../../src/local/natives.ts';
import { newRunId, type RunId } from '../../src/registry/run-id.ts';
import { trainRun } from '../../src/registry/train-run.ts';
import { planTraining, trainingRequestSchema } from '../../src/registry/training-job.ts';
import { sha256OfFile } from '../../src/storage/sha256.ts';
import { realMonth } from './tlc-files.ts';

/** Makes the Ingest function look for months at an address, or in a folder, instead of at TLC's. */
export async function publishFrom(place: string): Promise<void> {
  const lambda = new LambdaClient({});
  const FunctionName = functionName('dev', 'ingest');
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const Variables = { ...Environment?.Variables, PUBLICATION_SOURCE: place };
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
  lambda.destroy();
}

/** Trains a recipe on real 2023-03 here, and registers it without promoting it: other tests' champion stays theirs. */
export async function registerRun(to: Deployment, recipe = 'linear-pair'): Promise<RunId> {
  const run = newRunId();
  const plan = planTraining(trainingRequestSchema.parse({ recipe, months: ['2023-03'] }), 'green');
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const files = await trainRun(run, plan, {
    database,
    boosting: () => openXGBoost(xgboostLibrary()),
    loadScorer,
    fetch: (months) =>
      Array.fromAsync(months, async (month) => {
        const path = realMonth(month);
        return { month, path, sha256: await sha256OfFile(path) };
      }),
    codeVersion: 'test',
    now: () => new Date(),
  });
  await to.registry.register(files);
  return run;
}
