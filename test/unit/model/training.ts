import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { DuckDB } from '../../../src/adapters/duckdb.ts';
import { loadScorer } from '../../../src/adapters/onnxruntime.ts';
import { BANDS } from '../../../src/model/bands.ts';
import type { Calibrations } from '../../../src/model/onnx/interval.ts';
import { linearPair } from '../../../src/model/recipes/linear-pair.ts';
import { type MonthSource, type TrainedModel, type TrainOptions, trainModel } from '../../../src/model/train.ts';
import { sha256OfFile } from '../../../src/storage/sha256.ts';
import { parseMonth } from '../../../src/trips/month.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth, type TestRide, writeMonth } from '../../support/tlc-files.ts';

export async function aDatabase(threads = 2): Promise<DuckDB> {
  const database = await DuckDB.open({ tempDirectory: temporaryFolder() });
  await database.run(`SET threads = ${threads}`);
  onTestFinished(() => database[Symbol.asyncDispose]());
  return database;
}

export async function aRealSource(month: string): Promise<MonthSource> {
  const path = realMonth(month);
  return { month: parseMonth(month), path, sha256: await sha256OfFile(path) };
}

/** A month file of these rides; `columns` as in `writeMonth`. */
export async function aSource(
  month: string,
  rides: readonly TestRide[],
  columns?: Readonly<Record<string, string | null>>,
): Promise<MonthSource> {
  const path = join(temporaryFolder(), `${month}.parquet`);
  await writeMonth(path, rides, columns);
  return { month: parseMonth(month), path, sha256: await sha256OfFile(path) };
}

/** Trains linear-pair on green rides. */
export async function train(options: Pick<TrainOptions, 'train' | 'validation'>, threads = 2): Promise<TrainedModel> {
  const database = await aDatabase(threads);
  return trainModel({ recipe: linearPair, taxiType: 'green', codeVersion: 'test', database, loadScorer, ...options });
}

/** As {@link train}, on one bundled month, validated on another. */
export async function trainOnReal(month: string, validation: string, threads = 2): Promise<TrainedModel> {
  const source = await aRealSource(validation);
  return train({ train: [await aRealSource(month)], validation: { kind: 'month', source } }, threads);
}

/** The same residual quantiles in every band: 90% -2..+3, 80% -1..+1 with a distance, twice that without. */
export function evenCalibrations(): Calibrations {
  const all = (minutes: number) => new Float64Array(BANDS).fill(minutes);
  const calibration = (factor: number) => ({
    interval_low: all(-2 * factor),
    interval80_low: all(-1 * factor),
    interval80_high: all(1 * factor),
    interval_high: all(3 * factor),
  });
  return { given: calibration(1), typical: calibration(2) };
}
