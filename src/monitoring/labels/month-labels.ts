import { TripcastError } from '#errors.ts';
import type { RideQueries } from '#trips/database.ts';
import { inspectFile } from '#trips/inspect-file.ts';
import type { Month } from '#trips/month.ts';
import { formatMonthRide } from '#trips/month-ride.ts';
import { sqlText } from '#trips/sql.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { rejectionOf, rideSql } from '#trips/tlc-file.ts';
import type { LabelRow } from './label.ts';

const BATCH_ROWS = 8192;

/**
 * The labels that a TLC month has for its replayed rides, a batch at a time: those of the rides that a replay sends, under the
 * ids that it gives them. Rows are numbered from 0, as in those ids.
 * @throws TripcastError when it is not such a file
 */
export async function* monthLabels(
  database: RideQueries,
  path: string,
  { taxiType, month }: { readonly taxiType: TaxiType; readonly month: Month },
): AsyncGenerator<readonly LabelRow[]> {
  const inspected = await inspectFile(database, path, taxiType, 'train');
  if (inspected.outcome === 'refused') {
    throw new TripcastError(`${path} has no labels: ${inspected.reason}`, "Give one of TLC's month files.");
  }
  const sql = `SELECT file_row_number::DOUBLE, ${rideSql(taxiType).duration}
    FROM read_parquet(${sqlText(path)}, file_row_number = true)`;
  for await (const { rows, columns } of database.numbers(sql, BATCH_ROWS)) {
    yield Array.from({ length: rows }, (_, i): LabelRow => {
      const row = columns[0]?.[i] ?? Number.NaN;
      const minutes = columns[1]?.[i] ?? Number.NaN;
      const refused = rejectionOf(minutes);
      return refused === undefined ? { row, rideId: formatMonthRide({ month, row }), minutes } : { row, refused };
    });
  }
}
