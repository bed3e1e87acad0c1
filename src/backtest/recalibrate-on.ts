import { type Original, type RecalibrateDeps, recalibrate } from '#model/recalibrate.ts';
import { loadRides } from '#model/rides/training-rides.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

const TABLE = 'recalibration_rides';

/**
 * A champion with the same trees, whose intervals fit a later month.
 * @returns model.onnx. @throws TripcastError as {@link recalibrate}
 */
export async function recalibrateOn(
  month: RawMonth,
  champion: Original,
  taxiType: TaxiType,
  deps: RecalibrateDeps,
): Promise<Uint8Array> {
  await loadRides(deps.database, TABLE, taxiType, [month]);
  return (await recalibrate(champion, { months: [month], relation: TABLE }, deps)).model;
}
