import { shown, TripcastError } from '#errors.ts';
import type { Scorer } from '#model/scorer.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

/**
 * Refuses a model of the other taxi type: it would score every ride, but be minutes off.
 * @param named the model's name
 * @param fix   what to do if it is refused
 * @throws TripcastError naming both types
 */
export function refuseOtherType(named: string, { metadata }: Scorer, taxiType: TaxiType, fix: string): void {
  const { taxi_type: found } = metadata;
  if (found === taxiType) return;
  throw new TripcastError(`${named} is a model of ${shown(found)} taxis, not of ${taxiType} ones`, fix);
}
