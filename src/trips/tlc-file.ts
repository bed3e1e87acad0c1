import type { TaxiType } from './taxi-type.ts';

/** TLC's time columns, by taxi type. */
export const TIME_COLUMNS = {
  green: { pickup: 'lpep_pickup_datetime', dropoff: 'lpep_dropoff_datetime' },
  yellow: { pickup: 'tpep_pickup_datetime', dropoff: 'tpep_dropoff_datetime' },
} as const satisfies Record<TaxiType, { pickup: string; dropoff: string }>;

/**
 * Cleaning, as in the published pipelines: a ride is kept if it lasted 1..60 minutes, inclusive. Nothing else is
 * dropped. A missing zone becomes -1.
 */
export const KEPT_MINUTES = { least: 1, most: 60 } as const;
/** Stands for a zone that a file does not have. */
export const MISSING_ZONE = -1;

/** Why a row of a file was not scored. */
export const REJECTIONS = ['duration-missing', 'duration-below-1', 'duration-above-60'] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** Why cleaning drops a ride of this duration, if it does. @param minutes NaN = unknown */
export function rejectionOf(minutes: number): Rejection | undefined {
  if (Number.isNaN(minutes)) return 'duration-missing';
  if (minutes < KEPT_MINUTES.least) return 'duration-below-1';
  return minutes > KEPT_MINUTES.most ? 'duration-above-60' : undefined;
}

/** No TLC ride is outside this range; times beyond it in a damaged file overflow in any computation. */
const FIRST_TIME = "TIMESTAMP '1900-01-01'";
const LAST_TIME = "TIMESTAMP '2199-12-31'";

/** A column's times, in SQL, whatever type the file gave them; null for what is not a time or is centuries off. */
export function timeSql(column: string): string {
  const time = `try_cast(${column} AS TIMESTAMP)`;
  return `(CASE WHEN ${time} BETWEEN ${FIRST_TIME} AND ${LAST_TIME} THEN ${time} END)`;
}

/**
 * SQL expressions (DuckDB) over a TLC file's own columns, so that training and scoring read a ride the same way
 * whatever type the file gave the column: INT32, INT64 or DOUBLE zone ids, for example.
 * @example
 * const { duration, pickupZone } = rideSql('green');
 * await database.rows(`SELECT ${pickupZone} AS zone, avg(${duration}) AS minutes FROM read_parquet(${sqlText(path)}) GROUP BY 1`);
 */
export function rideSql(taxiType: TaxiType) {
  const pickup = timeSql(TIME_COLUMNS[taxiType].pickup);
  const dropoff = timeSql(TIME_COLUMNS[taxiType].dropoff);
  return {
    pickup,
    pickupZone: `coalesce(try_cast(PULocationID AS INTEGER), ${MISSING_ZONE})`,
    dropoffZone: `coalesce(try_cast(DOLocationID AS INTEGER), ${MISSING_ZONE})`,
    distance: 'try_cast(trip_distance AS DOUBLE)',
    /** New York wall-clock seconds; -1 when the file has none. */
    pickupTime: `coalesce(epoch(${pickup})::BIGINT, -1)`,
    /** Minutes; null if either end is missing. */
    duration: `(date_diff('microsecond', ${pickup}, ${dropoff}) / 60e6)`,
  } as const;
}

/** The columns required to score a month, and the one also required to train on it. */
export function neededColumns(taxiType: TaxiType, use: 'score' | 'train'): readonly string[] {
  const { pickup, dropoff } = TIME_COLUMNS[taxiType];
  const toScore = [pickup, 'PULocationID', 'DOLocationID', 'trip_distance'];
  return use === 'score' ? toScore : [...toScore, dropoff];
}
