import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { codeVersion } from '../adapters/git.ts';
import { workFolder } from '../adapters/work-folder.ts';
import { shown, TripcastError } from '../errors.ts';
import type { ModelCard } from '../model/card.ts';
import { recipeNamed } from '../model/recipes/index.ts';
import { type MonthSource, type TrainedModel, trainModel, type Validation } from '../model/train.ts';
import { newRunId, type RunId } from '../registry/run-id.ts';
import { monthFile } from '../storage/layout.ts';
import { sha256OfFile } from '../storage/sha256.ts';
import { addMonths, type Month, monthOf, parseMonth } from '../trips/month.ts';
import type { TaxiType } from '../trips/taxi-type.ts';
import { connect, type Deployment, enableStream } from './context.ts';
import { fetchRawMonths } from './ingest.ts';
import { LOCAL_MODELS } from './model-file.ts';
import type { CommonOptions } from './options.ts';
import { count, decimals, type Terminal, table } from './terminal.ts';

export interface TrainOptions {
  readonly recipe: string;
  readonly taxiType: TaxiType;
  readonly train?: readonly Month[];
  readonly year?: number;
  readonly month?: number;
  readonly validate?: string;
  readonly promote: boolean;
  readonly local: boolean;
  readonly source?: string;
  readonly out?: string;
}

/** A finished run: its card, and where its graph lies. */
export interface FinishedRun {
  readonly card: ModelCard;
  readonly model: string;
}

/** `tripcast train`: from ingested months (or a folder) to a registered run (or a folder). */
export async function train(options: TrainOptions & CommonOptions, terminal: Terminal): Promise<void> {
  if (options.local && options.promote) {
    throw new TripcastError(
      '--local and --promote do not go together',
      'A champion lies in the registry: train without --local.',
    );
  }
  const run = options.local ? await trainLocally(options, terminal) : await trainInRegistry(options, terminal);
  terminal.result(jsonOf(run), () => summary(run));
}

async function trainLocally(options: TrainOptions, terminal: Terminal): Promise<FinishedRun> {
  const { source } = options;
  if (source === undefined) throw new TripcastError('--local needs --source', 'Give the folder of TLC files.');
  const trained = await trainOn(options, terminal, async (months) =>
    months.map((month) => ({ month, path: resolve(source, monthFile(options.taxiType, month)) })),
  );
  const run = newRunId();
  const out = options.out ?? join(LOCAL_MODELS, run);
  const card = cardOf(run, trained);
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'model.onnx'), trained.model);
  await writeFile(join(out, 'golden.json'), JSON.stringify(trained.golden));
  await writeFile(join(out, 'coefficients.json'), JSON.stringify(trained.coefficients));
  await writeFile(join(out, 'card.json'), `${JSON.stringify(card, null, 2)}\n`);
  return { card, model: join(out, 'model.onnx') };
}

async function trainInRegistry(options: TrainOptions & CommonOptions, terminal: Terminal): Promise<FinishedRun> {
  return trainAndRegister(await connect(options.env), options, terminal);
}

/** Trains on months of the data bucket, registers the run and, if asked, promotes it and lets the stream flow. */
export async function trainAndRegister(
  to: Deployment,
  options: TrainOptions,
  terminal: Terminal,
): Promise<FinishedRun> {
  await using folder = await workFolder();
  const trained = await trainOn(options, terminal, (months) =>
    fetchRawMonths(to, options.taxiType, months, folder.path),
  );
  const card = cardOf(newRunId(), trained);
  await to.registry.register({
    card,
    model: trained.model,
    golden: trained.golden,
    coefficients: trained.coefficients,
  });
  if (options.promote) await promote(to, card.run_id, terminal);
  return { card, model: to.registry.uri(card.run_id, 'model.onnx') };
}

async function promote(to: Deployment, run: RunId, terminal: Terminal): Promise<void> {
  const moved = await to.registry.promote(run, userInfo().username, new Date());
  if (moved.outcome === 'lost-race') {
    throw new TripcastError(
      `Run ${run} is registered but was not promoted: ${moved.winner.promoted_by} promoted ${moved.winner.run_id} meanwhile`,
      'Look at that run, and promote again if yours is better.',
    );
  }
  await enableStream(to);
  terminal.say(`  Run ${run} is the champion.`);
}

type Fetch = (months: readonly Month[]) => Promise<readonly { readonly month: Month; readonly path: string }[]>;

async function trainOn(options: TrainOptions, terminal: Terminal, fetch: Fetch): Promise<TrainedModel> {
  const recipe = recipeNamed(options.recipe);
  const months = monthsToTrainOn(options);
  const validation = validationOf(options.validate, months);
  const sources = await withSha256(await fetch(months));
  const [{ DuckDB }, { loadScorer }] = await Promise.all([
    import('../adapters/duckdb.ts'),
    import('../adapters/onnxruntime.ts'),
  ]);
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const progress = terminal.progress(`train ${recipe.name} on ${months.join(', ')}`);
  const trained = await trainModel({
    recipe,
    taxiType: options.taxiType,
    database,
    train: sources,
    validation:
      validation.kind === 'split' ? validation : { kind: 'month', source: await only(fetch, validation.month) },
    codeVersion: await codeVersion(import.meta.dirname),
    loadScorer,
    onProgress: (step) => progress.update(0, step),
  });
  progress.done(`RMSE ${decimals(trained.card.validation.rmse, 4)} min`);
  return trained;
}

async function only(fetch: Fetch, month: Month): Promise<MonthSource> {
  const [source] = await withSha256(await fetch([month]));
  if (source === undefined) throw new TripcastError(`${month} was not fetched`, 'Ingest it first.');
  return source;
}

async function withSha256(files: Awaited<ReturnType<Fetch>>): Promise<readonly MonthSource[]> {
  return Promise.all(
    files.map(async ({ month, path }) => {
      const sha256 = await sha256OfFile(path).catch((cause: unknown) => {
        throw new TripcastError(`There is no file ${path}`, `Put TLC's file of ${month} there.`, { cause });
      });
      return { month, path, sha256 };
    }),
  );
}

function monthsToTrainOn({ train, year, month }: TrainOptions): readonly Month[] {
  if (train !== undefined && year === undefined && month === undefined) return train;
  if (train === undefined && year !== undefined && month !== undefined) return [monthOf(year, month)];
  throw new TripcastError(
    'It is not clear what to train on',
    'Give --train with months (2023-01..2023-03), or --year and --month.',
  );
}

type WantedValidation = { readonly kind: 'month'; readonly month: Month } | Extract<Validation, { kind: 'split' }>;

const SPLIT_SEED = 42;

/** The month after the last one, unless told otherwise. */
function validationOf(wanted: string | undefined, trained: readonly Month[]): WantedValidation {
  if (wanted?.startsWith('split:')) {
    const share = Number(wanted.slice('split:'.length));
    if (share > 0 && share < 1) return { kind: 'split', share, seed: SPLIT_SEED };
    throw new TripcastError(`${shown(wanted)} is no split`, 'Give a share between 0 and 1, for example split:0.2.');
  }
  if (wanted !== undefined) return { kind: 'month', month: parseMonth(wanted) };
  const last = trained.toSorted().at(-1);
  if (last === undefined) throw new TripcastError('There is no month to train on', 'Give --train.');
  return { kind: 'month', month: addMonths(last, 1) };
}

function cardOf(run: RunId, { card }: TrainedModel): ModelCard {
  return { ...card, run_id: run, mlflow_run_id: null, created_at: new Date().toISOString() };
}

function jsonOf({ card, model }: FinishedRun) {
  return {
    run_id: card.run_id,
    recipe: card.recipe,
    model,
    ...(card.intercept !== undefined && { intercept: card.intercept }),
    train: {
      rows_read: card.train.rows_read,
      rows: card.train.rows,
      features: card.train.features,
      stored: card.train.stored,
    },
    validation: {
      rows: card.validation.rows,
      stored: card.validation.stored,
      rmse: card.validation.rmse,
      mae: card.validation.mae,
      coverage_90: card.validation.coverage_90,
    },
    seconds: card.seconds,
  };
}

function summary({ card, model }: FinishedRun): string {
  const { train: trained, validation } = card;
  return [
    table(
      ['', 'records', 'kept', 'features', 'stored values', 'RMSE min', 'MAE min', 'in 90% interval'],
      [
        [
          'train',
          count(trained.rows_read),
          count(trained.rows),
          count(trained.features),
          count(trained.stored),
          '–',
          '–',
          '–',
        ],
        [
          `validate ${validation.month ?? '(split)'}`,
          count(validation.rows_read),
          count(validation.rows),
          count(trained.features),
          count(validation.stored),
          decimals(validation.rmse, 4),
          decimals(validation.mae, 4),
          `${decimals(validation.coverage_90 * 100, 1)}%`,
        ],
      ],
    ),
    ...(card.intercept === undefined ? [] : [`intercept ${card.intercept.toFixed(7)}`]),
    `run ${card.run_id}`,
    `model ${model}`,
  ].join('\n');
}
