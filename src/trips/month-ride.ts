import { shown, TripcastError } from '#errors.ts';
import { type Month, monthOf } from './month.ts';

/** A ride of a month file. Its id, `2023/04_123`, is unique within a taxi type. */
export interface MonthRide {
  readonly month: Month;
  /** In the source file, starting at 0. */
  readonly row: number;
}

/** The prefix of the ids of a month's rides; the row number follows. */
export const rideIdPrefix = (month: Month) => `${month.replace('-', '/')}_`;

/** In SQL (DuckDB): the row number in the id of a month's ride. */
export const rideRowSql = (id: string) => `split_part(${id}, '_', 2)::BIGINT`;

export const formatMonthRide = ({ month, row }: MonthRide) => `${rideIdPrefix(month)}${row}`;

/**
 * Accepts only the form that {@link formatMonthRide} writes: `2023/04_01` is not a ride, as no prediction has that id.
 * @throws TripcastError for any other string
 */
export function parseMonthRide(text: string): MonthRide {
  const [, year, month, digits] = /^(\d{4})\/(\d{2})_(\d+)$/.exec(text) ?? [];
  const row = Number(digits);
  if (!Number.isSafeInteger(row)) {
    throw new TripcastError(
      `${shown(text)} is not the id of a ride in a month file`,
      'Write it as the predictions do, YYYY/MM_ROW, for example 2023/04_123.',
    );
  }
  const ride = { month: monthOf(Number(year), Number(month)), row };
  const written = formatMonthRide(ride);
  if (written === text) return ride;
  throw new TripcastError(`${shown(text)} is not the id of a ride in a month file`, `Write ${written}.`);
}
