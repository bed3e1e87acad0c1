import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { CELLS } from '#model/intervals/cells.ts';
import type { Calibrations } from '#model/intervals/interval-graph.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import type { Engines } from '#model/recipes/recipe.ts';
import { type TrainedModel, type TrainOptions, trainModel } from '#model/train.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { realMonth, type TestRide, writeMonth } from './tlc-files.ts';

export async function aDatabase(threads = 2): Promise<DuckDB> {
  const database = await DuckDB.open({ tempDirectory: temporaryFolder() });
  await database.run(`SET threads = ${threads}`);
  onTestFinished(() => database[Symbol.asyncDispose]());
  return database;
}

export async function aRealSource(month: string): Promise<RawMonth> {
  const path = realMonth(month);
  return { month: parseMonth(month), path, sha256: await sha256OfFile(path) };
}

/** A month file of these rides; `columns` as in `writeMonth`. */
export async function aSource(
  month: string,
  rides: readonly TestRide[],
  columns?: Readonly<Record<string, string | null>>,
): Promise<RawMonth> {
  const path = join(temporaryFolder(), `${month}.parquet`);
  await writeMonth(path, rides, columns);
  return { month: parseMonth(month), path, sha256: await sha256OfFile(path) };
}

export const boosting = () => openXGBoost(xgboostLibrary());

export const theEngines = async (threads = 2): Promise<Engines> => ({ database: await aDatabase(threads), boosting });

/** Trains on green rides, with linear-pair by default. */
export async function train(
  options: Pick<TrainOptions, 'train' | 'validation'> & Partial<Pick<TrainOptions, 'onProgress'>>,
  { recipe = 'linear-pair', threads = 2 } = {},
): Promise<TrainedModel> {
  const engines = await theEngines(threads);
  return trainModel({
    recipe: recipeNamed(recipe),
    taxiType: 'green',
    codeVersion: 'test',
    loadScorer,
    ...engines,
    ...options,
  });
}

/** Like {@link train}, on one bundled month, validated on another. */
export async function trainOnReal(
  month: string,
  validation: string,
  how: { readonly recipe?: string; readonly threads?: number } = {},
): Promise<TrainedModel> {
  const source = await aRealSource(validation);
  return train({ train: [await aRealSource(month)], validation: { kind: 'month', source } }, how);
}

/** Every n-th ride of a bundled month. @param columns replaces columns' SQL expressions */
export async function aThinnedMonth(
  month: string,
  n: number,
  columns: Readonly<Record<string, string>> = {},
): Promise<RawMonth> {
  const path = join(temporaryFolder(), `${month}.parquet`);
  const replaced = Object.entries(columns).map(([name, expression]) => `${expression} AS ${name}`);
  const star = replaced.length === 0 ? '*' : `* REPLACE (${replaced.join()})`;
  await using database = await DuckDB.open({ tempDirectory: temporaryFolder() });
  await database.run(`COPY (SELECT ${star} FROM (SELECT * EXCLUDE file_row_number
      FROM read_parquet(${sqlText(realMonth(month))}, file_row_number = true) WHERE file_row_number % ${n} = 0))
    TO ${sqlText(path)} (FORMAT parquet)`);
  return { month: parseMonth(month), path, sha256: await sha256OfFile(path) };
}

/** The same residual quantiles in every cell: 90% -2..+3, 80% -1..+1 with a distance, twice as wide without. */
export function evenCalibrations(): Calibrations {
  const all = (minutes: number) => new Float64Array(CELLS).fill(minutes);
  const calibration = (factor: number) => ({
    interval_low: all(-2 * factor),
    interval80_low: all(-1 * factor),
    interval80_high: all(1 * factor),
    interval_high: all(3 * factor),
  });
  return { given: calibration(1), typical: calibration(2) };
}
