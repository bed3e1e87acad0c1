/** The months that are scored: a real one, one of a yellow month's size, and one of six such. */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDB } from '#adapters/duckdb.ts';
import { monthFile } from '#storage/layout.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';

export const MARCH = parseMonth('2023-03');
const ROWS = 3_400_000;
/** TLC's own size of a row group. */
const ROW_GROUP_ROWS = 1_048_576;

/** @param make writes the file; what is there is kept */
export async function kept(path: string, make: (path: string) => Promise<unknown> | unknown): Promise<string> {
  if (existsSync(path)) return path;
  mkdirSync(join(path, '..'), { recursive: true });
  await make(`${path}.part`);
  renameSync(`${path}.part`, path);
  return path;
}

/** Where the Python peer that makes such a month is not at hand: the green rides of four months, over and over. */
export async function makeYellow(tlc: string, to: string): Promise<void> {
  await using database = await DuckDB.open({ tempDirectory: join(to, '..'), memoryLimitMb: 1000 });
  const months = ['2023-01', '2023-02', '2023-03', '2023-04'].map((month) =>
    join(tlc, monthFile('green', parseMonth(month))),
  );
  await database.run(`COPY (
    SELECT lpep_pickup_datetime AS tpep_pickup_datetime, lpep_dropoff_datetime AS tpep_dropoff_datetime,
      * EXCLUDE (lpep_pickup_datetime, lpep_dropoff_datetime)
    FROM read_parquet([${months.map(sqlText).join()}], union_by_name = true), range(13) LIMIT ${ROWS}
  ) TO ${sqlText(to)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`);
}

export async function sixTimes(month: string, to: string): Promise<void> {
  await using database = await DuckDB.open({ tempDirectory: join(to, '..'), memoryLimitMb: 4000 });
  const copies = Array.from({ length: 6 }, () => `SELECT * FROM read_parquet(${sqlText(month)})`);
  await database.run(
    `COPY (${copies.join(' UNION ALL ')}) TO ${sqlText(to)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`,
  );
}
