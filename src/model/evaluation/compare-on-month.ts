import { type Comparison, comparePredictions } from '#model/evaluation/compare.ts';
import { batchOf } from '#model/rides/rides.ts';
import {
  countRows,
  loadRides,
  type MonthSource,
  readRides,
  type TrainingDatabase,
} from '#model/rides/training-rides.ts';
import type { Scorer } from '#model/scorer.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

const BATCH_ROWS = 65_536;
const TABLE = 'compared_rides';

/**
 * Compares two models on all rides of a month that cleaning keeps.
 * @param database used only for this: a table is left behind in it
 */
export async function compareOnMonth(
  { a, b }: { readonly a: Scorer; readonly b: Scorer },
  taxiType: TaxiType,
  month: MonthSource,
  database: TrainingDatabase,
): Promise<Comparison> {
  await loadRides(database, TABLE, taxiType, [month]);
  const rows = await countRows(database, TABLE);
  const column = () => new Float64Array(rows);
  const paired = { actual: column(), a: column(), b: column(), pickupTime: column() };
  let done = 0;
  for await (const rides of readRides(database, TABLE, BATCH_ROWS)) {
    const batch = batchOf(rides);
    paired.actual.set(rides.minutes, done);
    paired.pickupTime.set(rides.pickupTime, done);
    paired.a.set((await a.score(batch)).predicted_duration, done);
    paired.b.set((await b.score(batch)).predicted_duration, done);
    done += rides.size;
  }
  return comparePredictions(paired);
}
