import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import { chiSquare, twoProportions } from '#monitoring/statistics/count-tests.ts';
import {
  hellinger,
  jensenShannon,
  kullbackLeibler,
  normedWasserstein,
  populationStability,
  type Shares,
  sharesByValue,
  sharesInEqualCells,
  sturges,
} from '#monitoring/statistics/distances.ts';
import { evidentlyDrift } from '#monitoring/statistics/evidently.ts';
import { kolmogorovSmirnov } from '#monitoring/statistics/kolmogorov-smirnov.ts';
import { distinct, type TwoSamples } from '#monitoring/statistics/two-samples.ts';
import { TablePair } from '#monitoring/table-pair.ts';
import { realMonth } from '../../support/tlc-files.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'files', 'evidently');
const fixture = (name: string) => join(FIXTURES, name);
/** As asked of the whole project; Evidently's own numbers differ from a recomputation by up to 2.6e-12. */
const CLOSE = 1e-9;

const answersSchema = z.object({
  columns: z.record(
    z.string(),
    z.object({ method: z.string(), threshold: z.number(), score: z.number(), drifted: z.boolean() }),
  ),
  forced_methods: z.record(z.string(), z.record(z.string(), z.number().nullable())),
});
const answers = (name: string) => answersSchema.parse(JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')));

const CATEGORICAL = ['PULocationID', 'DOLocationID', 'VendorID', 'RatecodeID', 'payment_type', 'store_and_fwd_flag'];
const EDGE = ['cat_new_level', 'cat_two', 'cat_one'];

type Samples = ReadonlyMap<string, TwoSamples>;

async function read(
  folder: string,
  reference: string,
  current: string,
  categorical: readonly string[],
): Promise<Samples> {
  await using database = await DuckDB.open({ tempDirectory: folder });
  const pair = await TablePair.open(database, { reference, current }, categorical);
  const samples = new Map<string, TwoSamples>();
  for (const column of pair.schema.compared) samples.set(column.name, (await pair.read(column)).samples);
  return samples;
}

/** The rides and columns that Evidently was given of a bundled month. */
async function cleaned(folder: string, month: string): Promise<string> {
  await using database = await DuckDB.open({ tempDirectory: folder });
  const path = join(folder, `${month}.parquet`);
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  await database.run(`COPY (
      SELECT * EXCLUDE (ehail_fee), 5 + 3.5 * least(trip_distance, 15) AS prediction
      FROM (SELECT *, date_diff('microsecond', lpep_pickup_datetime, lpep_dropoff_datetime) / 60e6 AS duration
        FROM read_parquet(${quoted(realMonth(month))}))
      WHERE duration BETWEEN 1 AND 60) TO ${quoted(path)}`);
  return path;
}

interface Pair {
  readonly name: string;
  readonly format: 'Parquet' | 'CSV';
  readonly files: (folder: string) => Promise<readonly [reference: string, current: string]>;
  readonly categorical: readonly string[];
}

const stored = async (reference: string, current: string) => [fixture(reference), fixture(current)] as const;
const months = async (folder: string) => [await cleaned(folder, '2023-01'), await cleaned(folder, '2023-02')] as const;

const PAIRS: readonly Pair[] = [
  {
    name: 's900',
    format: 'Parquet',
    files: () => stored('ref_900.parquet', 'cur_900.parquet'),
    categorical: CATEGORICAL,
  },
  {
    name: 's5000',
    format: 'Parquet',
    files: () => stored('ref_5000.parquet', 'cur_5000.parquet'),
    categorical: CATEGORICAL,
  },
  {
    name: 'edge_small',
    format: 'Parquet',
    files: () => stored('edge_small_ref.parquet', 'edge_small_cur.parquet'),
    categorical: EDGE,
  },
  {
    name: 'edge_small',
    format: 'CSV',
    files: () => stored('edge_small_ref.csv', 'edge_small_cur.csv'),
    categorical: EDGE,
  },
  { name: 'full_2023-01_vs_2023-02', format: 'Parquet', files: months, categorical: CATEGORICAL },
];

const numeric = (measure: (samples: TwoSamples & { kind: 'numeric' }) => number) => (samples: TwoSamples) =>
  samples.kind === 'numeric' ? measure(samples) : Number.NaN;

/** Forced on a number with more than 20 distinct values, Evidently measures these in equal cells. */
const inCells = (measure: (shares: Shares) => number) => (samples: TwoSamples) =>
  measure(
    samples.kind === 'numeric' && distinct(samples.reference) > 20
      ? sharesInEqualCells(samples)
      : sharesByValue(samples),
  );

const FORCED: Readonly<Record<string, (samples: TwoSamples) => number>> = {
  ks: numeric((samples) => kolmogorovSmirnov(samples).p),
  wasserstein: numeric(normedWasserstein),
  jensenshannon: inCells(jensenShannon),
  psi: inCells(populationStability),
  kl_div: inCells(kullbackLeibler),
  // Its cells are Sturges's number for the distinct values of a number, whatever the number of rows.
  hellinger: (samples) =>
    hellinger(
      samples.kind === 'numeric' ? sharesInEqualCells(samples, sturges(samples.values.length)) : sharesByValue(samples),
    ),
  chisquare: chiSquare,
  z: twoProportions,
};

describe.each(PAIRS)('Evidently on $name ($format)', ({ name, files, categorical }) => {
  const { columns, forced_methods } = answers(name);
  let samples: Samples;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tripcast-évidently '));
    samples = await read(folder, ...(await files(folder)), categorical);
    rmSync(folder, { recursive: true });
  });

  const samplesOf = (column: string) => {
    const found = samples.get(column);
    if (found === undefined) throw new Error(`${column} was not read.`);
    return found;
  };

  test.each(Object.entries(columns))('%s', (column, wanted) => {
    const found = evidentlyDrift(samplesOf(column));
    expect(found).toEqual({ ...wanted, score: found.score });
    expect(Math.abs(found.score - wanted.score)).toBeLessThan(CLOSE);
  });

  test.each(Object.entries(forced_methods))('%s, forced on each column', (method, scores) => {
    const entries = Object.entries(scores).filter(([, score]) => score !== null); // null: a single value leaves no test
    expect(entries).not.toEqual([]);
    for (const [column, wanted] of entries) {
      const found = FORCED[method]?.(samplesOf(column)) ?? Number.NaN;
      expect(Math.abs(found - (wanted ?? 0)), `${method} of ${column}: ${found}, not ${wanted}`).toBeLessThan(CLOSE);
    }
  });
});
