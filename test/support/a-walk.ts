import { rename } from 'node:fs/promises';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { type BacktestDeps, type BacktestRequest, backtest } from '#backtest/backtest.ts';
import { parsePolicy } from '#backtest/policy.ts';
import { systemClock } from '#clock.ts';
import type { RecipeName } from '#model/recipes/recipe.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { trainRun } from '#training/train-run.ts';
import { parseMonth } from '#trips/month.ts';
import { LIMITS } from './gate-limits.ts';
import { MemoryStore } from './memory-store.ts';
import { boosting } from './training.ts';

export interface AWalk {
  readonly from: string;
  readonly to: string;
  readonly policies: string;
  readonly recipe?: RecipeName;
  readonly recalibrate?: boolean;
}

/** Backtests in this process, on one store: what one leaves there, the next one finds. */
export class Backtester {
  readonly store = new MemoryStore('backtests');
  sources: readonly RawMonth[];
  /** The windows that were trained so far, in order. */
  readonly trained: string[] = [];
  /** Called before each training; throw from it to inject a failure. */
  beforeTraining: (window: string) => void | Promise<void> = () => {};

  constructor(sources: readonly RawMonth[]) {
    this.sources = sources;
  }

  run({ from, to, policies, recipe = 'linear-pair', recalibrate = false }: AWalk, changes: Partial<BacktestDeps> = {}) {
    const request: BacktestRequest = {
      taxiType: 'green',
      from: parseMonth(from),
      to: parseMonth(to),
      late: 0,
      policies: policies.split(' ').map(parsePolicy),
      ...{ recipe, recalibrate },
    };
    return backtest(request, {
      sources: this.sources,
      store: this.store,
      train: async ({ run, plan, sources, codeVersion }) => {
        const window = plan.months.join();
        await this.beforeTraining(window);
        this.trained.push(window);
        await using database = await aDatabase();
        const how = { database, boosting, loadScorer, codeVersion, clock: systemClock, fetch: async () => sources };
        return await trainRun(run, plan, how);
      },
      atATime: 1,
      openDatabase: aDatabase,
      loadScorer,
      boosting,
      limits: { ...LIMITS, leastRows: 100 },
      code: { model: 'm', gate: 'g' },
      dollarsPerSecond: 0.001,
      clock: systemClock,
      onProgress: () => {},
      ...changes,
    });
  }

  /** Another edition of a month takes the place of its file. */
  async publishAgain(edition: RawMonth): Promise<void> {
    const old = this.sources.find(({ month }) => month === edition.month);
    if (old === undefined) throw new Error(`${edition.month} is not there.`);
    await rename(edition.path, old.path);
    const sha256 = await sha256OfFile(old.path);
    this.sources = this.sources.map((source) => (source === old ? { ...source, sha256 } : source));
  }
}

function aDatabase(): Promise<DuckDB> {
  return DuckDB.open({ tempDirectory: '.' });
}
