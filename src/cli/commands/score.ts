import { basename, dirname } from 'node:path';
import { checkInputFile, outputFile } from '#adapters/files.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { scoreFile } from '#batch/score-file.ts';
import { TripcastError } from '#errors.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { checkModelFile, chooseModel, localFiles } from '../model-file.ts';
import { monthFileOf } from '../month-file.ts';
import type { CommonOptions } from '../options.ts';
import { count, decimals, type Terminal, table } from '../view/terminal.ts';
import { checkUsage } from '../wrong-usage.ts';

export interface ScoreOptions {
  readonly input: string;
  readonly output: string;
  /** Either this, or the time whose champion scores. */
  readonly model?: string;
  readonly asOf?: Date;
  readonly taxiType?: TaxiType;
  readonly month?: Month;
  readonly all: boolean;
  readonly anyTaxiType?: boolean;
}

/** Above this, one of the database's threads waits for another: a month of any size, on 16 threads, needs no more. */
const DATABASE_MEMORY_MB = 200;

/** `tripcast score`: from a Parquet file to a Parquet file, on this machine alone. */
export async function score(options: ScoreOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const started = performance.now();
  const named = checkUsage(() => modelOf(options));
  const { taxiType, month } = monthFileOf(options.input, options);
  await checkInputFile(options.input, 'Give the path of a Parquet file.');
  await checkModelFile(named);
  const output = await outputFile(options.output, [options.input, ...localFiles(named)]);
  await using folder = await workFolder(dirname(output));
  // The database starts on its own thread while the model loads here. A failure ends the command and all that is open.
  const [opened, model] = await Promise.all([
    openDatabase(folder.path),
    chooseModel({ ...options, model: named, taxiType }),
  ]);
  await using database = opened;
  const progress = terminal.progress(`score ${basename(options.input)}`);
  const done = await scoreFile(
    {
      input: options.input,
      output,
      workFolder: folder.path,
      taxiType,
      month,
      all: options.all,
      onProgress: (rows, of) => progress.update(rows, `${count(rows)} of ${count(of)} rides`),
    },
    model,
    database,
  );
  if (done.outcome === 'refused')
    throw new TripcastError(`${options.input}: ${done.reason}`, "Give one of TLC's month files.");
  const result = {
    rows_in: done.rowsIn,
    rows_scored: done.rowsScored,
    rejected: done.rejected,
    rmse: done.errors?.rmse ?? null,
    mae: done.errors?.mae ?? null,
    seconds: (performance.now() - started) / 1000,
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    output: options.output,
    model_version: done.runId,
    engine: `${model.scorer.engine.name} ${model.scorer.engine.version}`,
  };
  progress.done(options.output);
  terminal.result(result, () =>
    table(
      ['rows', 'scored', ...Object.keys(done.rejected), 'RMSE min', 'MAE min', 'seconds', 'peak MB'],
      [
        [
          count(done.rowsIn),
          count(done.rowsScored),
          ...Object.values(done.rejected).map(count),
          decimals(result.rmse, 4),
          decimals(result.mae, 4),
          decimals(result.seconds, 2),
          count(result.peak_rss_mb),
        ],
      ],
    ),
  );
}

function modelOf({ model, asOf }: Pick<ScoreOptions, 'model' | 'asOf'>): string {
  if (model !== undefined && asOf === undefined) return model;
  if (model === undefined && asOf !== undefined) return 'champion';
  throw new TripcastError(
    'It is not clear which model is to score',
    "Give one of --model (a run, champion or a model.onnx) and --as-of (a time, for that time's champion).",
  );
}

async function openDatabase(folder: string) {
  const { DuckDB } = await import('#adapters/duckdb.ts');
  return DuckDB.open({ tempDirectory: folder, memoryLimitMb: DATABASE_MEMORY_MB });
}
