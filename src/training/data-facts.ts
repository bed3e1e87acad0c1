import type { RawMonth } from '#storage/raw-months.ts';
import type { Queries } from '#trips/database.ts';
import { UNKNOWN_TIME } from '#trips/new-york-time.ts';
import { sqlText } from '#trips/sql.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { KEPT_MINUTES, MISSING_ZONE, rideSql } from '#trips/tlc-file.ts';

/** What the training months contain. */
export interface DataFacts {
  readonly rows_read: number;
  /** Left after cleaning. */
  readonly rows: number;
  /** Rides that lasted less than 1 or more than 60 minutes, or whose duration is unknown. */
  readonly out_of_range: number;
  /** Rides without a value, by column. */
  readonly nulls: Readonly<Record<string, number>>;
  /** Distinct zones among the remaining rides. */
  readonly zones: { readonly pickup: number; readonly dropoff: number };
  /** Different months, including the validation month, that share a file: one list per file. */
  readonly repeated: readonly (readonly string[])[];
  /** The validation month, if it was also trained on. */
  readonly validated_on_training: string | null;
}

/**
 * @param train      at least one month
 * @param validation separate months, if any
 */
export async function dataFacts(
  database: Queries,
  taxiType: TaxiType,
  train: readonly RawMonth[],
  validation: readonly RawMonth[],
): Promise<DataFacts> {
  const ride = rideSql(taxiType);
  const columns = `${ride.pickupZone} AS pickup, ${ride.dropoffZone} AS dropoff, ${ride.distance} AS distance,
    ${ride.pickupTime} AS pickup_time, ${ride.duration} AS minutes`;
  const files = train.map(({ path }) => `SELECT ${columns} FROM read_parquet(${sqlText(path)})`);
  const kept = `minutes BETWEEN ${KEPT_MINUTES.least} AND ${KEPT_MINUTES.most}`;
  const [found = {}] = await database.rows(`
    SELECT count(*) AS rows_read, count(*) FILTER (${kept}) AS rows,
      count(*) FILTER (pickup = ${MISSING_ZONE}) AS PULocationID, count(*) FILTER (dropoff = ${MISSING_ZONE}) AS DOLocationID,
      count(*) FILTER (distance IS NULL OR isnan(distance)) AS trip_distance,
      count(*) FILTER (pickup_time = ${UNKNOWN_TIME}) AS pickup_time,
      count(DISTINCT pickup) FILTER (${kept}) AS pickup_zones, count(DISTINCT dropoff) FILTER (${kept}) AS dropoff_zones
    FROM (${files.join(' UNION ALL ')})`);
  const number = (name: string) => Number(found[name]);
  const nulls = ['PULocationID', 'DOLocationID', 'trip_distance', 'pickup_time'];
  return {
    rows_read: number('rows_read'),
    rows: number('rows'),
    out_of_range: number('rows_read') - number('rows'),
    nulls: Object.fromEntries(nulls.map((name) => [name, number(name)])),
    zones: { pickup: number('pickup_zones'), dropoff: number('dropoff_zones') },
    repeated: sharedFiles([...train, ...validation]),
    validated_on_training: validation.find((each) => train.some(({ month }) => month === each.month))?.month ?? null,
  };
}

function sharedFiles(sources: readonly RawMonth[]): readonly (readonly string[])[] {
  const bySha256 = Map.groupBy(sources, ({ sha256 }) => sha256);
  return [...bySha256.values()]
    .map((sharing) => [...new Set(sharing.map(({ month }) => month))])
    .filter((months) => months.length > 1);
}
