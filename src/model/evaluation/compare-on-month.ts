import type { RawMonth } from '#storage/raw-months.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { batchOf } from '../rides/rides.ts';
import { loadRides, readRides, type TrainingDatabase } from '../rides/training-rides.ts';
import type { Scorer } from '../scorer.ts';
import { type Comparison, PairedErrors } from './compare.ts';

const TABLE = 'compared_rides';

/**
 * Compares two models on all rides of a month that cleaning keeps.
 * @param database used only for this: a table is left behind in it
 * @throws TripcastError when the file cannot be read, or cleaning keeps none of its rides
 * @example
 * const { rmse_difference, interval } = await compareOnMonth({ a, b }, 'green', april, database);
 * const isAWorse = interval !== null && interval[0] > 0;
 */
export async function compareOnMonth(
  { a, b }: { readonly a: Scorer; readonly b: Scorer },
  taxiType: TaxiType,
  month: RawMonth,
  database: TrainingDatabase,
): Promise<Comparison> {
  await loadRides(database, TABLE, taxiType, [month]);
  const errors = new PairedErrors();
  for await (const rides of readRides(database, TABLE)) {
    const batch = batchOf(rides);
    errors.add(rides, (await a.score(batch)).predicted_duration, (await b.score(batch)).predicted_duration);
  }
  return errors.comparison();
}
