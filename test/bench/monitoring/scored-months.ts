/** Bundled months, and shifted ones, as a model scored them. */
import { join } from 'node:path';
import type { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { scoreFile } from '#batch/score-file.ts';
import { systemClock } from '#clock.ts';
import { readTrainingProfile, type TrainingProfile } from '#model/profile/training-profile.ts';
import type { Scorer } from '#model/scorer.ts';
import { CATEGORIES, INTERVALS } from '#monitoring/measure-month.ts';
import { joinScored } from '#monitoring/scored-rides.ts';
import { type Table, TablePair } from '#monitoring/table-pair.ts';
import { PROFILE } from '#registry/run-folder.ts';
import { monthFile } from '#storage/layout.ts';
import { newRunId, type RunId } from '#storage/run-id.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { trainRun } from '#training/train-run.ts';
import { type Month, parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { TIME_COLUMNS } from '#trips/tlc-file.ts';
import { TLC } from '../side-by-side.ts';
import type { ErrorDay } from './alarms.ts';
import { type DayBlocks, readDayBlocks } from './day-blocks.ts';

const PICKUP = TIME_COLUMNS.green.pickup;

export interface Model {
  readonly runId: RunId;
  readonly scorer: Scorer;
  /** Of its training rides. */
  readonly profile: TrainingProfile;
}

/** A linear-pair: quick to train, and what it predicts depends on the zones and the distance. */
export async function trainLinearPair(database: DuckDB, months: readonly Month[], validation: Month): Promise<Model> {
  const runId = newRunId();
  const source = async (each: Month) => {
    const path = join(TLC, monthFile('green', each));
    return { month: each, path, sha256: await sha256OfFile(path) };
  };
  const run = await trainRun(
    runId,
    {
      recipe: 'linear-pair',
      taxi_type: 'green',
      months: [...months],
      validation: { kind: 'month', month: validation },
      promote: false,
      promoted_by: 'bench',
    },
    {
      database,
      boosting: () => Promise.reject(new Error('linear-pair boosts nothing')),
      loadScorer,
      fetch: (wanted) => Promise.all(wanted.map(source)),
      codeVersion: 'bench',
      clock: systemClock,
    },
  );
  const body = run.more.find(({ name }) => name === PROFILE)?.body;
  const profile = readTrainingProfile(Buffer.from(body ?? ''));
  if (profile.outcome !== 'read') throw new Error(`The run has no profile: ${profile.outcome}`);
  return { runId, scorer: await loadScorer(run.model), profile: profile.value };
}

export class ScoredMonths {
  readonly #database: DuckDB;
  readonly #folder: string;
  #made = 0;

  /** @param folder for files, with room for all months */
  constructor(database: DuckDB, folder: string) {
    this.#database = database;
    this.#folder = folder;
  }

  /** @param change what to select of the month's file, for example `* REPLACE (...)` */
  async score(model: Model, month: Month, change?: string): Promise<Table> {
    this.#made += 1;
    const path = (name: string) => join(this.#folder, `${name}-${this.#made}.parquet`);
    const bundled = join(TLC, monthFile('green', month));
    const raw = change === undefined ? bundled : path('raw');
    if (change !== undefined) {
      await this.#database.run(
        `COPY (SELECT ${change}) TO ${sqlText(raw)}`.replace('MONTH', `read_parquet(${sqlText(bundled)})`),
      );
    }
    const predictions = path('predictions');
    const job = {
      input: raw,
      output: predictions,
      workFolder: this.#folder,
      taxiType: 'green',
      month,
      all: false,
    } as const;
    const scored = await scoreFile(job, model, this.#database);
    if (scored.outcome === 'refused') throw new Error(`${month}: ${scored.reason}`);
    return await joinScored(this.#database, { name: month, raw, predictions }, 'green', path('joined'));
  }

  async pair(reference: Table, current: Table): Promise<TablePair> {
    return await TablePair.open(this.#database, { reference, current }, CATEGORIES);
  }

  async dayBlocks(reference: Table, current: Table): Promise<readonly DayBlocks[]> {
    return await readDayBlocks(await this.pair(reference, current), PICKUP, INTERVALS);
  }

  async errorDays({ sql }: Table): Promise<readonly ErrorDay[]> {
    const rows =
      await this.#database.rows(`SELECT count(*)::DOUBLE AS rides, avg(abs(predicted_duration - actual_duration)) AS mae,
      avg(interval_high - interval_low) AS width FROM ${sql} GROUP BY ${PICKUP}::DATE ORDER BY ${PICKUP}::DATE`);
    return rows.map(({ rides, mae, width }) => ({
      rides: Number(rides),
      meanAbsoluteError: Number(mae),
      width: Number(width),
    }));
  }
}

/** Bundled months that follow each other. */
export const ADJACENT = [
  ['2021-01', '2021-02'],
  ['2022-02', '2022-03'],
  ['2022-03', '2022-04'],
  ['2022-04', '2022-05'],
  ['2023-01', '2023-02'],
  ['2023-02', '2023-03'],
  ['2023-03', '2023-04'],
].map(([reference = '', current = '']) => ({ reference: parseMonth(reference), current: parseMonth(current) }));

/** One ride in ten, spread over all days. */
const TENTH = `hash(${PICKUP}, DOLocationID, total_amount) % 10 = 0`;
const longer = (factor: number) =>
  `* REPLACE (${PICKUP} + (lpep_dropoff_datetime - ${PICKUP}) * ${factor} AS lpep_dropoff_datetime) FROM MONTH`;

/** Shifts that an alarm should find, or that should not matter. Zone 181, Park Slope, has about one pickup in a hundred. */
export const SHIFTS: readonly { readonly name: string; readonly change: string }[] = [
  {
    name: '10% of pickups moved to one zone (Park Slope)',
    change: `* REPLACE (if(${TENTH}, 181, PULocationID) AS PULocationID) FROM MONTH`,
  },
  {
    name: 'distance x 1.2 for 10% of rides',
    change: `* REPLACE (if(${TENTH}, trip_distance * 1.2, trip_distance) AS trip_distance) FROM MONTH`,
  },
  { name: 'one vendor missing', change: '* FROM MONTH WHERE VendorID <> 1' },
  { name: 'durations x 1.1', change: longer(1.1) },
  { name: 'durations x 1.3', change: longer(1.3) },
];
