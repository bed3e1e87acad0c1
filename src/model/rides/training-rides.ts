import { TripcastError } from '#errors.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import type { Queries, RideQueries } from '#trips/database.ts';
import { inspectFile } from '#trips/inspect-file.ts';
import { addMonths, type Month, partsOf } from '#trips/month.ts';
import { DAY_SECONDS } from '#trips/new-york-time.ts';
import { DISTANCE_LIMIT } from '#trips/ride-limits.ts';
import { sqlText } from '#trips/sql.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { KEPT_MINUTES, rideSql } from '#trips/tlc-file.ts';
import type { LabelledRides } from './rides.ts';
import { pairSlotSql } from './zone-pair.ts';

/** What training needs from a database. */
export type TrainingDatabase = RideQueries;

/**
 * Rides held out of training: a share of all at random, of which the same seed gives the same rides; or the last days of a
 * month, by New York's calendar, and whatever is later. No ride of those days is trained on.
 */
export type HoldOut =
  | { readonly kind: 'split' /** 0..1 */; readonly share: number; readonly seed: number }
  | { readonly kind: 'last'; readonly month: Month; readonly days: number };

export interface MonthRows extends Omit<RawMonth, 'path'> {
  readonly rowsRead: number;
  /** Left after cleaning and not held out. */
  readonly rows: number;
}

/**
 * Folds for out-of-fold fits are by day, so that the rides of one evening are never on both sides. Three, because these
 * fits are most of a training's time, and more of them changed no coverage by half a point (docs/model.md).
 */
export const FOLDS = 3;
/** Rides at a time in memory, and in one native call. */
const BATCH_ROWS = 65_536;

/**
 * Reads months into a table of the rides that cleaning keeps, in the files' order:
 *
 *     pickup_zone, dropoff_zone INTEGER   as recorded; -1 = missing
 *     pair INTEGER                        row of a 266 x 266 table (zone-pair.ts)
 *     distance DOUBLE                     miles; null = not given
 *     pickup_time BIGINT                  New York wall-clock seconds
 *     minutes DOUBLE                      1..60
 *     fold INTEGER                        0..2
 *     held_out BOOLEAN
 *
 * @throws TripcastError naming the file, if one is not Parquet or lacks a column, or if no ride is left
 */
export async function loadRides(
  database: TrainingDatabase,
  table: string,
  taxiType: TaxiType,
  sources: readonly RawMonth[],
  holdOut?: HoldOut,
): Promise<readonly MonthRows[]> {
  await database.run(`CREATE OR REPLACE TEMP TABLE ${table} (pickup_zone INTEGER, dropoff_zone INTEGER, pair INTEGER,
    distance DOUBLE, pickup_time BIGINT, minutes DOUBLE, fold INTEGER, held_out BOOLEAN)`);
  const fitted = `${table} WHERE NOT held_out`;
  const months: MonthRows[] = [];
  for (const source of sources) {
    const rowsRead = await checkedRows(database, taxiType, source);
    const before = await countRows(database, fitted);
    await database.run(`INSERT INTO ${table} FROM ${keptRides(taxiType, source, holdOut)}`);
    const rows = (await countRows(database, fitted)) - before;
    months.push({ month: source.month, sha256: source.sha256, rowsRead, rows });
  }
  if ((await countRows(database, table)) === 0) {
    const { least, most } = KEPT_MINUTES;
    throw new TripcastError(
      `Nothing is left after cleaning: no ride of ${sources.map(({ path }) => path).join(', ')} lasted ${least}..${most} minutes`,
      'Check the pickup and dropoff times of the file, or give other months.',
    );
  }
  return months;
}

export async function countRows(database: Queries, relation: string): Promise<number> {
  const [row] = await database.rows(`SELECT count(*)::DOUBLE AS n FROM ${relation}`);
  return Number(row?.n);
}

/** The rides of a relation with the columns of {@link loadRides}, in batches; the arrays are reused. */
export async function* readRides(
  database: TrainingDatabase,
  relation: string,
  batchRows = BATCH_ROWS,
): AsyncGenerator<LabelledRides> {
  const query = `SELECT pickup_zone::DOUBLE, dropoff_zone::DOUBLE, distance, pickup_time::DOUBLE, minutes FROM ${relation}`;
  for await (const { rows, columns } of database.numbers(query, batchRows)) {
    const column = (index: number) => (columns[index] ?? new Float64Array(rows)).subarray(0, rows);
    yield {
      size: rows,
      pickupZone: column(0),
      dropoffZone: column(1),
      distance: column(2),
      pickupTime: column(3),
      minutes: column(4),
    };
  }
}

/** The same rides, all at once. */
export async function allRides(database: TrainingDatabase, relation: string): Promise<LabelledRides> {
  const rows = await countRows(database, relation);
  for await (const rides of readRides(database, relation, rows)) return rides;
  throw new TripcastError(`None of the ${rows} rides could be read`, 'Give other months.');
}

async function checkedRows(database: Queries, taxiType: TaxiType, { path }: RawMonth): Promise<number> {
  const inspected = await inspectFile(database, path, taxiType, 'train');
  if (inspected.outcome === 'readable') return inspected.rows;
  throw new TripcastError(
    `Cannot train on ${path}: ${inspected.reason}`,
    `Give TLC's own file of the month, and the right taxi type (now ${taxiType}).`,
  );
}

/** The rides of a file that cleaning keeps, as a relation with {@link loadRides}'s columns, reread by each query. */
export function keptRides(taxiType: TaxiType, { month, path }: RawMonth, holdOut?: HoldOut): string {
  const ride = rideSql(taxiType);
  return `(SELECT pickup_zone, dropoff_zone, ${pairSlotSql('pickup_zone', 'dropoff_zone')} AS pair,
      CASE WHEN abs(distance) <= ${DISTANCE_LIMIT} THEN distance END AS distance,
      pickup_time, minutes, abs(pickup_time // ${DAY_SECONDS}) % ${FOLDS} AS fold, ${heldOutSql(month, holdOut)} AS held_out
    FROM (SELECT ${ride.pickupZone} AS pickup_zone, ${ride.dropoffZone} AS dropoff_zone, ${ride.distance} AS distance,
        ${ride.pickupTime} AS pickup_time, ${ride.duration} AS minutes, file_row_number
      FROM read_parquet(${sqlText(path)}, file_row_number = true))
    WHERE minutes BETWEEN ${KEPT_MINUTES.least} AND ${KEPT_MINUTES.most})`;
}

function heldOutSql(month: Month, holdOut: HoldOut | undefined): string {
  if (holdOut === undefined) return 'false';
  if (holdOut.kind === 'last') return `pickup_time >= ${firstHeldOut(holdOut)}`;
  // MD5 of seed, month and row as a uniform number: the same on every machine and with every version of DuckDB.
  const key = `'${holdOut.seed}/${month}/' || file_row_number`;
  return `md5_number_lower(${key})::DOUBLE / ${2 ** 64} < ${holdOut.share}`;
}

/** The midnight at which the held-out days begin, as New York wall-clock seconds. */
function firstHeldOut({ month, days }: HoldOut & { readonly kind: 'last' }): number {
  const next = partsOf(addMonths(month, 1));
  return Date.UTC(next.year, next.month - 1) / 1000 - days * DAY_SECONDS;
}
