import { join } from 'node:path';
import { DuckDB } from '#adapters/duckdb.ts';
import { sqlText } from '#trips/sql.ts';
import { realMonth } from './tlc-files.ts';

const FIXTURES = join(import.meta.dirname, '..', 'files', 'evidently');
export const fixture = (name: string) => join(FIXTURES, name);

const CATEGORICAL = ['PULocationID', 'DOLocationID', 'VendorID', 'RatecodeID', 'payment_type', 'store_and_fwd_flag'];
const EDGE = ['cat_new_level', 'cat_two', 'cat_one'];

/** The rides and columns that Evidently was given of a bundled month. */
async function cleaned(folder: string, month: string): Promise<string> {
  await using database = await DuckDB.open({ tempDirectory: folder });
  const path = join(folder, `${month}.parquet`);
  await database.run(`COPY (
      SELECT * EXCLUDE (ehail_fee), 5 + 3.5 * least(trip_distance, 15) AS prediction
      FROM (SELECT *, date_diff('microsecond', lpep_pickup_datetime, lpep_dropoff_datetime) / 60e6 AS duration
        FROM read_parquet(${sqlText(realMonth(month))}))
      WHERE duration BETWEEN 1 AND 60) TO ${sqlText(path)}`);
  return path;
}

export interface EvidentlyPair {
  readonly name: string;
  readonly format: 'Parquet' | 'CSV';
  readonly files: (folder: string) => Promise<readonly [reference: string, current: string]>;
  readonly categorical: readonly string[];
}

const stored = async (reference: string, current: string) => [fixture(reference), fixture(current)] as const;
const months = async (folder: string) => [await cleaned(folder, '2023-01'), await cleaned(folder, '2023-02')] as const;

export const PAIRS: readonly EvidentlyPair[] = [
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
