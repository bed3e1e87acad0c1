import { DuckDB } from '#adapters/duckdb.ts';
import { sqlText } from '#trips/sql.ts';
import { realMonth } from './tlc-files.ts';

/** With 66 of them, a ride is taken apart in 15 x 66 + 1 = 991 predictions: one request to the API. */
const TYPICAL = 66;

/** The source of src/console/ride/gen/typical-rides.ts: rides of 2023-04 at even steps of the month. */
export async function typicalRidesSource(tempDirectory: string): Promise<string> {
  await using database = await DuckDB.open({ tempDirectory });
  const rows = await database.rows(`
    WITH rides AS (
      SELECT PULocationID::INTEGER AS pickup, DOLocationID::INTEGER AS dropoff, trip_distance AS distance,
        epoch(lpep_pickup_datetime)::BIGINT::DOUBLE AS time,
        row_number() OVER (ORDER BY lpep_pickup_datetime, lpep_dropoff_datetime, PULocationID, DOLocationID, trip_distance) AS place,
        count(*) OVER () AS rides
      FROM read_parquet(${sqlText(realMonth('2023-04'))})
      WHERE lpep_dropoff_datetime - lpep_pickup_datetime BETWEEN INTERVAL 1 MINUTE AND INTERVAL 60 MINUTES
        AND trip_distance BETWEEN 0.1 AND 50 AND PULocationID <= 263 AND DOLocationID <= 263
    )
    SELECT pickup, dropoff, distance, time FROM rides WHERE place % (rides // ${TYPICAL}) = 0 ORDER BY place LIMIT ${TYPICAL}`);
  const lines = rows.map(
    ({ pickup, dropoff, distance, time }) =>
      `  { pickup: ${pickup}, dropoff: ${dropoff}, distance: ${distance}, time: ${time} },`,
  );
  return `// Made from data/tlc: vitest run --project unit test/unit/console/typical-rides.test.ts -u
import type { TypicalRide } from '../contributions.ts';

/** Green taxis' rides of 2023-04, at even steps in order of time: what a ride is compared with to be explained. */
export const TYPICAL_RIDES: readonly TypicalRide[] = [
${lines.join('\n')}
];
`;
}
