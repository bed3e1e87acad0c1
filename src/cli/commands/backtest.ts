import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { checkInputFolder, exists } from '#adapters/files.ts';
import { FolderStore } from '#adapters/folder-store.ts';
import { openFile } from '#adapters/opener.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { type BacktestRequest, backtest } from '#backtest/backtest.ts';
import { digestOf } from '#backtest/kept-work.ts';
import { renderBacktest } from '#backtest/page/backtest-page.ts';
import { checkRequest, monthsOfWalk } from '#backtest/plan.ts';
import { type Policy, policyName } from '#backtest/policy.ts';
import type { Backtest } from '#backtest/result.ts';
import { systemClock } from '#clock.ts';
import { loadConfig } from '#lib/config/load.ts';
import type { Config } from '#lib/config/schema.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { PRICES, pricedRegion } from '#operations/prices.ts';
import { sourcesHash } from '#packaging/sources.ts';
import { CLONE, LOCAL } from '#setup/paths.mjs';
import { dataKeys, monthFile, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { findRawMonths, type RawMonth } from '#storage/raw-months.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { connect } from '../context.ts';
import { localPath } from '../local-report.ts';
import type { CommonOptions } from '../options.ts';
import { backtestText } from '../view/backtest-table.ts';
import type { Progress } from '../view/progress.ts';
import type { Terminal } from '../view/terminal.ts';
import { checkUsage } from '../wrong-usage.ts';

export interface BacktestOptions {
  readonly taxiType: TaxiType;
  readonly from: Month;
  readonly to: Month;
  readonly policy: readonly Policy[];
  readonly late: number;
  readonly recipe: string;
  readonly recalibrate: boolean;
  /** A folder of TLC files: no AWS. */
  readonly data?: string;
  /** Default: as many as the processors and the memory allow. */
  readonly atATime?: number;
  readonly open: boolean;
}

/** `tripcast backtest`: what retraining policies would have done in past months. */
export async function backtestCommand(options: BacktestOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const request = checkUsage(() => requestOf(options));
  const config = loadConfig(options.env);
  await using folder = await workFolder();
  const place =
    options.data === undefined
      ? await inEnvironment(options.env, request, folder.path)
      : await inFolder(options.data, request);
  const result = await run(request, place, options, config, terminal);
  const name = nameOf(request);
  const [key, pageKey] = [dataKeys.backtest(request.taxiType, name), dataKeys.backtestPage(request.taxiType, name)];
  const page = renderBacktest(result);
  await place.store.put(key, `${JSON.stringify(result, null, 2)}\n`, { contentType: 'application/json' });
  await place.store.put(pageKey, page, { contentType: 'text/html; charset=utf-8' });
  const path = place.pathOf(pageKey);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, page);
  const isOpen = options.open && (await openFile(path));
  terminal.result(
    { ...result, uri: place.uriOf(key), page: path },
    () => `${backtestText(result)}\n\n${isOpen ? 'Opened' : 'The page is'} ${path}`,
  );
}

function requestOf(options: BacktestOptions): BacktestRequest {
  const { taxiType, from, to, late, policy: policies, recalibrate } = options;
  const request = { taxiType, from, to, late, policies, recipe: recipeNamed(options.recipe).name, recalibrate };
  checkRequest(request);
  return request;
}

/** Where the months come from, and where finished work and the report go. */
interface Place {
  readonly sources: readonly RawMonth[];
  readonly store: ObjectStore;
  uriOf(key: string): string | null;
  /** Where a person opens an object of the store. */
  pathOf(key: string): string;
}

async function inFolder(data: string, request: BacktestRequest): Promise<Place> {
  await checkInputFolder(data, "Give the folder of TLC's files with --data.");
  const found = await Array.fromAsync(monthsOfWalk(request), async (month): Promise<readonly RawMonth[]> => {
    const path = resolve(data, monthFile(request.taxiType, month));
    return (await exists(path)) ? [{ month, path, sha256: await sha256OfFile(path) }] : [];
  });
  const store = new FolderStore(LOCAL);
  return { sources: found.flat(), store, uriOf: () => null, pathOf: (key) => store.pathOf(key) };
}

/** The bucket's months are copied first, so that nobody replaces them in the meantime. */
async function inEnvironment(env: string, request: BacktestRequest, folder: string): Promise<Place> {
  const { data } = await connect(env);
  const { found } = await findRawMonths(data, request.taxiType, monthsOfWalk(request), folder);
  return {
    sources: found,
    store: data,
    uriOf: (key) => s3Uri(data.bucket, key),
    pathOf: (key) => localPath(env, key),
  };
}

async function run(
  request: BacktestRequest,
  { sources, store }: Place,
  { atATime }: BacktestOptions,
  config: Config,
  terminal: Terminal,
): Promise<Backtest> {
  const [{ DuckDB }, { loadScorer }, { openXGBoost, THREADS }, { xgboostLibrary }, { trainInProcess }] =
    await Promise.all([
      import('#adapters/duckdb.ts'),
      import('#adapters/onnxruntime.ts'),
      import('#adapters/xgboost.ts'),
      import('#packaging/natives.ts'),
      import('../train-in-process.ts'),
    ]);
  const { memoryMb } = config.functions.train;
  const { lambda } = PRICES[pricedRegion(config.region)];
  const memoryLimitMb = Math.floor(memoryMb / 2); // as in the training function
  await using spill = await workFolder();
  const progress = new Phases(terminal);
  const result = await backtest(request, {
    sources,
    store,
    train: (task, how) => trainInProcess(task, { ...how, memoryLimitMb }),
    atATime: atATime ?? mostAtATime(THREADS, memoryMb),
    openDatabase: () => DuckDB.open({ tempDirectory: spill.path }),
    boosting: () => openXGBoost(xgboostLibrary()),
    loadScorer,
    limits: config.gate,
    code: { model: sourcesHash(CLONE, MODEL_SOURCES), gate: sourcesHash(CLONE, [...MODEL_SOURCES, 'src/training']) },
    dollarsPerSecond: (memoryMb / 1024) * lambda.perGbSecond,
    clock: systemClock,
    onProgress: (...where) => progress.update(...where),
  });
  progress.done();
  return result;
}

/** What decides which model comes out of a training, and what it predicts. */
const MODEL_SOURCES = [
  'src/model',
  'src/trips',
  'src/adapters/duckdb.ts',
  'src/adapters/onnxruntime.ts',
  'src/adapters/xgboost.ts',
  'package-lock.json',
];

/** A training keeps so many processors busy, and must fit into its function's memory anyway. */
const mostAtATime = (threads: number, memoryMb: number) =>
  Math.max(
    1,
    Math.min(
      Math.floor(availableParallelism() / threads),
      Math.floor(process.availableMemory() / (memoryMb * 2 ** 20)),
    ),
  );

/** The two phases of a backtest, one line of progress each. */
class Phases {
  readonly #terminal: Terminal;
  #now: { readonly phase: 'train' | 'walk'; readonly progress: Progress; readonly total: number } | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  update(phase: 'train' | 'walk', done: number, total: number, step: string): void {
    if (this.#now?.phase !== phase) {
      this.done();
      this.#now = { phase, total, progress: this.#terminal.progress(phase, total) };
    }
    this.#now?.progress.update(done, step);
  }

  done(): void {
    if (this.#now === undefined) return;
    const { phase, progress, total } = this.#now;
    progress.done(phase === 'train' ? `${total} windows` : `${total} months`);
  }
}

/** Tells backtests apart: the same words again give the same name, and replace its report. */
function nameOf({ from, to, late, recipe, recalibrate, policies }: BacktestRequest): string {
  const what = { late, recipe, recalibrate, policies: policies.map(policyName) };
  return join(`${from}..${to}`, digestOf(what).slice(0, 12));
}
