import { join } from 'node:path';
import { DuckDB } from '#adapters/duckdb.ts';
import { sqlText } from '#trips/sql.ts';

/** The bundled real month. */
export const realMonth = (month: string) => join(import.meta.dirname, `../../data/tlc/green_tripdata_${month}.parquet`);

export interface TestRide {
  readonly pickup?: string | null;
  readonly minutes?: number | null;
  readonly pu?: number | null;
  readonly do?: number | null;
  readonly distance?: number | null;
}

const orNull = (value: string | number | null) =>
  value === null ? 'NULL' : typeof value === 'string' ? sqlText(value) : value;

/** Writes a green month file of these rides; `columns` replaces or drops (null) a column's SQL expression. */
export async function writeMonth(
  path: string,
  rides: readonly TestRide[],
  columns: Readonly<Record<string, string | null>> = {},
): Promise<void> {
  const values = rides.map(
    ({ pickup = '2023-04-03 08:30:00', minutes = 12, pu = 130, do: to = 205, distance = 3.66 }) => {
      const dropoff =
        pickup === null || minutes === null
          ? 'NULL'
          : `TIMESTAMP ${sqlText(pickup)} + to_microseconds(${Math.round(minutes * 60e6)})`;
      return `(CAST(${orNull(pickup)} AS TIMESTAMP), CAST(${dropoff} AS TIMESTAMP), CAST(${orNull(pu)} AS BIGINT), CAST(${orNull(to)} AS BIGINT), CAST(${orNull(distance)} AS DOUBLE))`;
    },
  );
  const none = '(NULL::TIMESTAMP, NULL::TIMESTAMP, NULL::BIGINT, NULL::BIGINT, NULL::DOUBLE)';
  const chosen = Object.entries({
    lpep_pickup_datetime: 'pickup',
    lpep_dropoff_datetime: 'dropoff',
    PULocationID: 'pu',
    DOLocationID: 'do_',
    trip_distance: 'distance',
    ...columns,
  }).filter(([, expression]) => expression !== null);
  await using database = await DuckDB.open({ tempDirectory: '.' });
  await database.run(`COPY (
    SELECT ${chosen.map(([name, expression]) => `${expression} AS ${name}`).join(', ')}
    FROM (VALUES ${values.length === 0 ? none : values.join(', ')}) AS rides(pickup, dropoff, pu, do_, distance)
    ${values.length === 0 ? 'WHERE false' : ''}
  ) TO ${sqlText(path)} (FORMAT parquet)`);
}

/** All rows of a Parquet file, in its order. */
export async function readRows(path: string, columns = '*'): Promise<Record<string, unknown>[]> {
  await using database = await DuckDB.open({ tempDirectory: '.' });
  return await database.rows(`SELECT ${columns} FROM read_parquet(${sqlText(path)})`);
}
