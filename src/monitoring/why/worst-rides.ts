import { z } from 'zod';
import type { Queries } from '#trips/database.ts';
import { formatWallClock, UNKNOWN_TIME } from '#trips/new-york-time.ts';
import { sqlText } from '#trips/sql.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { rideSql } from '#trips/tlc-file.ts';
import { zoneOf } from '#trips/zones.ts';

/** A ride and how wrong its prediction was; minutes and miles. */
export interface WorstRide {
  readonly ride_id: string;
  /** New York wall clock; null = unknown. */
  readonly pickup_datetime: string | null;
  readonly pickup: string;
  readonly dropoff: string;
  readonly trip_distance: number | null;
  readonly predicted: number;
  readonly actual: number;
}

const rowSchema = z.object({
  ride_id: z.string(),
  pickup_time: z.number(),
  pickup: z.number(),
  dropoff: z.number(),
  trip_distance: z.number().nullable(),
  predicted: z.number(),
  actual: z.number(),
});

/** The rides of a batch output that were predicted worst; none if no duration is known. @param output its file */
export async function worstRides(
  database: Queries,
  output: string,
  taxiType: TaxiType,
  most: number,
): Promise<readonly WorstRide[]> {
  const { pickupTime, pickupZone, dropoffZone } = rideSql(taxiType);
  const rows = await database.rows(`
    SELECT ride_id, ${pickupTime}::DOUBLE AS pickup_time, ${pickupZone} AS pickup, ${dropoffZone} AS dropoff,
      trip_distance, predicted_duration::DOUBLE AS predicted, actual_duration AS actual
    FROM read_parquet(${sqlText(output)}) WHERE actual_duration IS NOT NULL
    ORDER BY abs(predicted_duration - actual_duration) DESC, ride_id LIMIT ${most}`);
  return z
    .array(rowSchema)
    .parse(rows)
    .map(({ pickup_time, pickup, dropoff, ...ride }) => ({
      ride_id: ride.ride_id,
      pickup_datetime: pickup_time === UNKNOWN_TIME ? null : formatWallClock(pickup_time),
      pickup: zoneName(pickup),
      dropoff: zoneName(dropoff),
      trip_distance: ride.trip_distance,
      predicted: ride.predicted,
      actual: ride.actual,
    }));
}

function zoneName(id: number): string {
  const { name, borough } = zoneOf(id);
  return `${name}, ${borough} (${id})`;
}
