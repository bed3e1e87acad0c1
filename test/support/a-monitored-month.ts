import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { scoreMonth } from '#batch/score-month.ts';
import { type MonitoredMonth, monitorMonth } from '#monitoring/monitor-month.ts';
import type { RunFiles } from '#registry/registry.ts';
import { dataKeys } from '#storage/layout.ts';
import { newRunId } from '#storage/run-id.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { trainRun } from '#training/train-run.ts';
import { type Month, parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryStore } from './memory-store.ts';
import { realMonth } from './tlc-files.ts';

export const clock = new ManualClock(Date.parse('2023-05-16T00:00:00Z'));

/** As in env/dev.json. */
export const LIMITS = {
  preset: 'tripcast',
  drift: { effect: 0.1, significance: 0.05 },
  harm: { tolerance: 0.1, significance: 0.05, leastRides: 100 },
} as const;

/** Rides take 1.3 times as long as they did. */
export const LONGER = `* REPLACE (lpep_pickup_datetime + (lpep_dropoff_datetime - lpep_pickup_datetime) * 1.3 AS lpep_dropoff_datetime)`;

/** A linear-pair of 2023-02, validated on 2023-03. */
export async function aRunOfFebruary(): Promise<RunFiles> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const source = async (month: Month) => {
    const path = realMonth(month);
    return { month, path, sha256: await sha256OfFile(path) };
  };
  return await trainRun(
    newRunId(),
    {
      recipe: 'linear-pair',
      taxi_type: 'green',
      months: [parseMonth('2023-02')],
      validation: { kind: 'month', month: parseMonth('2023-03') },
      promote: false,
      promoted_by: 'ada',
    },
    {
      database,
      boosting: () => Promise.reject(new Error('linear-pair boosts nothing')),
      loadScorer,
      fetch: (months) => Promise.all(months.map(source)),
      codeVersion: 'trained by this',
      clock,
    },
  );
}

/** A bucket with the reference month; `score` adds months. */
export class MonitoredBucket {
  readonly data = new MemoryStore('data');
  readonly run: RunFiles;

  private constructor(run: RunFiles) {
    this.run = run;
  }

  static async open(run: RunFiles, reference = '2023-03'): Promise<MonitoredBucket> {
    const bucket = new MonitoredBucket(run);
    await bucket.data.put(dataKeys.raw('green', parseMonth(reference)), await readFile(realMonth(reference)));
    return bucket;
  }

  /** Scores a bundled month, or what SQL makes of it. */
  async score(name: string, change = '*', where = 'true', sample = ''): Promise<void> {
    await using folder = await workFolder();
    await using database = await DuckDB.open({ tempDirectory: folder.path });
    const month = parseMonth(name);
    const path = join(folder.path, 'month.parquet');
    await database.run(
      `COPY (SELECT ${change} FROM read_parquet(${sqlText(realMonth(name))}) ${sample} WHERE ${where}) TO ${sqlText(path)}`,
    );
    await this.data.put(dataKeys.raw('green', month), await readFile(path));
    const job = { taxi_type: 'green', month, run_id: this.run.card.run_id, force: false, all: false } as const;
    const { status, note } = await scoreMonth(job, {
      ...this.#shared(database, folder.path),
      codeVersion: 'scored by this',
      engines: {},
    });
    if (status !== 'scored') throw new Error(`${name} is ${status}: ${note}`);
  }

  async monitor(name: string): Promise<MonitoredMonth> {
    await using folder = await workFolder();
    await using database = await DuckDB.open({ tempDirectory: folder.path });
    return await monitorMonth('green', parseMonth(name), undefined, {
      ...this.#shared(database, folder.path),
      limits: LIMITS,
      codeVersion: 'monitored by this',
    });
  }

  #shared(database: DuckDB, path: string) {
    const { run } = this;
    return {
      data: this.data,
      storeOf: () => this.data,
      loadModel: async () => ({ card: run.card, scorer: await loadScorer(run.model) }),
      database,
      workFolder: path,
      clock,
    };
  }
}
