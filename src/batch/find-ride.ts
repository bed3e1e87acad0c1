import { join } from 'node:path';
import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import { parseS3Uri, s3Uri } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { Queries } from '#trips/database.ts';
import { formatMonthRide, type MonthRide } from '#trips/month-ride.ts';
import { sqlText } from '#trips/sql.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { rideSql } from '#trips/tlc-file.ts';
import { readCurrent } from './current.ts';
import { type Receipt, readReceipt } from './receipts.ts';

/** A ride in a batch output, by its columns there; minutes and miles. */
const rowSchema = z.object({
  /** New York wall-clock seconds; -1 = unknown. */
  pickup_time: z.number(),
  PULocationID: z.int(),
  DOLocationID: z.int(),
  trip_distance: z.number().nullable(),
  actual_duration: z.number().nullable(),
  predicted_duration: z.number(),
  interval_low: z.number(),
  interval_high: z.number(),
});

export interface FoundRide {
  readonly ride: z.infer<typeof rowSchema>;
  readonly receipt: Receipt;
  readonly receiptUri: string;
}

export interface FindRideDeps {
  readonly data: ObjectStore;
  storeOf(bucket: string): ObjectStore;
  readonly database: Queries;
  readonly workFolder: string;
}

/**
 * Finds a ride in the current output of its month, along with the receipt for that output.
 * @throws TripcastError when the month has not been scored, the file has no such row, or the row was rejected
 */
export async function findRide(
  taxiType: TaxiType,
  wanted: MonthRide,
  { data, storeOf, database, workFolder }: FindRideDeps,
): Promise<FoundRide> {
  const { month } = wanted;
  const current = (await readCurrent(data, taxiType, month))?.current;
  if (current === undefined) {
    throw new TripcastError(
      `${taxiType} ${month} was not scored`,
      `Score it with \`tripcast batch --taxi-type ${taxiType} --month ${month}\`.`,
    );
  }
  const receiptUri = s3Uri(data.bucket, current.receipt);
  const stored = await readReceipt(data, current.receipt);
  if (stored === undefined) throw gone(receiptUri);
  const { receipt } = stored;
  const output = parseS3Uri(receipt.output.uri);
  const path = join(workFolder, 'output.parquet');
  if (output === undefined || (await storeOf(output.bucket).download(output.key, path)) === undefined) {
    throw gone(receipt.output.uri);
  }
  const [found] = await database.rows(`
    SELECT ${rideSql(taxiType).pickupTime}::DOUBLE AS pickup_time, PULocationID, DOLocationID,
      trip_distance, actual_duration, predicted_duration, interval_low, interval_high
    FROM read_parquet(${sqlText(path)}) WHERE ride_id = ${sqlText(formatMonthRide(wanted))}`);
  if (found === undefined) throw notScored(wanted, receipt);
  return { ride: rowSchema.parse(found), receipt, receiptUri };
}

const gone = (uri: string) =>
  new TripcastError(
    `${uri} belongs to the month's current output, but it is not there`,
    'Score the month again with --force.',
  );

function notScored(ride: MonthRide, { rows, source }: Receipt): TripcastError {
  const rideId = formatMonthRide(ride);
  const rejected = Object.entries(rows.rejected).map(([reason, n]) => `${n} ${reason}`);
  return ride.row < rows.in
    ? new TripcastError(
        `${rideId} was rejected; rejected in its month: ${rejected.join(', ')}`,
        'Rejected rides have no prediction; `tripcast batch --all --force` scores them too.',
      )
    : new TripcastError(`There is no ride ${rideId}: ${source.uri} has ${rows.in} rows`, 'Rows count from 0.');
}
