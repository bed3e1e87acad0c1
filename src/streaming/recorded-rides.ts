import type { RideQueries } from '#trips/database.ts';
import type { Month } from '#trips/month.ts';
import { formatMonthRide } from '#trips/month-ride.ts';
import { sqlText } from '#trips/sql.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { KEPT_MINUTES, rideSql } from '#trips/tlc-file.ts';
import type { RecordedRide } from './replay.ts';

const BATCH_ROWS = 8192;

/** How many rides {@link recordedRides} yields without a limit. */
export async function rideCount(database: RideQueries, path: string, taxiType: TaxiType): Promise<number> {
  const [row] = await database.rows(
    `SELECT count(*)::DOUBLE AS rides FROM read_parquet(${sqlText(path)}) WHERE ${isKept(taxiType)}`,
  );
  return Number(row?.rides ?? 0);
}

const isKept = (taxiType: TaxiType) =>
  `${rideSql(taxiType).duration} BETWEEN ${KEPT_MINUTES.least} AND ${KEPT_MINUTES.most}`;

/** The rides in a month file that scoring keeps, named as in the batch output, in file order. */
export async function* recordedRides(
  database: RideQueries,
  path: string,
  {
    taxiType,
    month,
    limit,
  }: { readonly taxiType: TaxiType; readonly month: Month; readonly limit: number | undefined },
): AsyncGenerator<RecordedRide> {
  const ride = rideSql(taxiType);
  const sql = `SELECT file_row_number::DOUBLE, ${ride.pickupZone}::DOUBLE, ${ride.dropoffZone}::DOUBLE, ${ride.distance},
      ${ride.pickupTime}::DOUBLE
    FROM read_parquet(${sqlText(path)}, file_row_number = true)
    WHERE ${isKept(taxiType)}
    ${limit === undefined ? '' : `LIMIT ${limit}`}`;
  for await (const { rows, columns } of database.numbers(sql, BATCH_ROWS)) {
    const at = (column: number, i: number) => columns[column]?.[i] ?? Number.NaN;
    for (let i = 0; i < rows; i++) {
      const distance = at(3, i);
      yield {
        rideId: formatMonthRide({ month, row: at(0, i) }),
        pickupZone: at(1, i),
        dropoffZone: at(2, i),
        distance: Number.isNaN(distance) ? null : distance,
        pickupTime: at(4, i),
      };
    }
  }
}
