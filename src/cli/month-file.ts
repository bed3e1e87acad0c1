import { basename } from 'node:path';
import { TripcastError } from '#errors.ts';
import { isMonth, type Month } from '#trips/month.ts';
import { parseTaxiType, TAXI_TYPES, type TaxiType } from '#trips/taxi-type.ts';

/**
 * Which month of which taxis a file holds: TLC's file names say it; for other names, flags do.
 * @throws TripcastError when neither does
 */
export function monthFileOf(
  path: string,
  { taxiType, month }: { readonly taxiType?: TaxiType; readonly month?: Month },
): { readonly taxiType: TaxiType; readonly month: Month } {
  const [, type, written = ''] = /(green|yellow)_tripdata_(\d{4}-\d{2})/.exec(basename(path)) ?? [];
  const foundType = taxiType ?? (type && parseTaxiType(type));
  const foundMonth = month ?? (isMonth(written) ? written : undefined);
  if (foundType && foundMonth) return { taxiType: foundType, month: foundMonth };
  throw new TripcastError(
    `The name ${basename(path)} does not contain ${foundType ? 'the month' : 'the taxi type'}`,
    `Name it as TLC does (green_tripdata_2023-04.parquet), or give --taxi-type ${TAXI_TYPES.join('|')} and --month YYYY-MM.`,
  );
}
