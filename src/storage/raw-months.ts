import { resolve } from 'node:path';
import { TripcastError } from '#errors.ts';
import type { Month } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { dataKeys, monthFile } from './layout.ts';
import type { ObjectStore } from './object-store.ts';
import { sha256OfFile } from './sha256.ts';

/** A TLC month, downloaded to local disk. */
export interface RawMonth {
  readonly month: Month;
  readonly path: string;
  readonly sha256: string;
}

/** Raw months of the data bucket as local files, and the months that the bucket does not have. */
export async function findRawMonths(
  data: ObjectStore,
  taxiType: TaxiType,
  months: readonly Month[],
  folder: string,
): Promise<{ readonly found: readonly RawMonth[]; readonly missing: readonly Month[] }> {
  const files = await Promise.all(
    months.map(async (month) => {
      const path = resolve(folder, monthFile(taxiType, month));
      const there = await data.download(dataKeys.raw(taxiType, month), path);
      return there && { month, path, sha256: await sha256OfFile(path) };
    }),
  );
  return {
    found: files.filter((file) => file !== undefined),
    missing: months.filter((_, i) => files[i] === undefined),
  };
}

/**
 * The same, but requires all of them.
 * @throws TripcastError naming the months that are not in the bucket
 * @example
 * const [april] = await fetchRawMonths(data, 'green', [parseMonth('2023-04')], folder.path);
 */
export async function fetchRawMonths(
  data: ObjectStore,
  taxiType: TaxiType,
  months: readonly Month[],
  folder: string,
): Promise<readonly RawMonth[]> {
  const { found, missing } = await findRawMonths(data, taxiType, months, folder);
  refuseMissing(taxiType, missing);
  return found;
}

/** @throws TripcastError naming the months, if there are any */
export function refuseMissing(taxiType: TaxiType, missing: readonly Month[]): void {
  if (missing.length === 0) return;
  throw new TripcastError(
    `These ${taxiType} months are not in the data bucket: ${missing.join(', ')}`,
    `Ingest them with \`tripcast ingest --taxi-type ${taxiType} --from ${missing[0]} --to ${missing.at(-1)}\`.`,
  );
}
