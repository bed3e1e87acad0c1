import type { RideQueries } from '#trips/database.ts';
import { columnsOf, sameName } from '#trips/inspect-file.ts';
import { rideRowSql } from '#trips/month-ride.ts';
import { sqlName, sqlText } from '#trips/sql.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { TIME_COLUMNS } from '#trips/tlc-file.ts';
import { fileTable, type Table } from './table-pair.ts';

/** A month's file and what a model made of it, on local disk. */
export interface ScoredFiles {
  /** What errors call it, for example its month. */
  readonly name: string;
  readonly raw: string;
  /** The batch output: a row for each ride that was kept, whose ride_id ends in the row's number in `raw`. */
  readonly predictions: string;
}

export const PREDICTION = 'predicted_duration';
/** What a prediction adds to a ride. */
export const PREDICTED = [PREDICTION, 'actual_duration', 'interval_low', 'interval_high'] as const;

/**
 * All scored rides of a month as one Parquet file: TLC's own columns, the hour and weekday of pickup as TLC's clock shows them,
 * and the prediction. Rides that cleaning rejected are not in it. A file, since a table in memory would be several times as large.
 * @param to where to write it
 */
export async function joinScored(
  database: RideQueries,
  files: ScoredFiles,
  taxiType: TaxiType,
  to: string,
): Promise<Table> {
  const { pickup } = TIME_COLUMNS[taxiType];
  const columns = await columnsOf(database, files.raw);
  const own = columns.filter(({ name }) => !PREDICTED.some((each) => sameName(each, name)));
  const raw = own.map(({ name }) => `raw.${sqlName(name)}`);
  const added = [
    `hour(raw.${pickup}) AS pickup_hour`,
    `isodow(raw.${pickup}) AS pickup_weekday`,
    ...PREDICTED.map((name) => `scored.${name}`),
  ];
  await database.run(`COPY (
    SELECT ${[...raw, ...added].join(', ')}
    FROM read_parquet(${sqlText(files.raw)}, file_row_number = true) AS raw
    JOIN read_parquet(${sqlText(files.predictions)}) AS scored
      ON raw.file_row_number = ${rideRowSql('scored.ride_id')}
  ) TO ${sqlText(to)} (FORMAT parquet, COMPRESSION lz4)`);
  return { ...fileTable(to), name: files.name };
}
