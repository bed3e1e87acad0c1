import { z } from 'zod';
import { shown, TripcastError } from '#errors.ts';

export const TAXI_TYPES = ['green', 'yellow'] as const;

/** Which of TLC's two street-hail fleets a ride belongs to; files, models and champions are kept apart by it. */
export type TaxiType = (typeof TAXI_TYPES)[number];

/** @throws TripcastError when `text` is not a taxi type. */
export function parseTaxiType(text: string): TaxiType {
  const found = TAXI_TYPES.find((type) => type === text);
  if (found === undefined) {
    throw new TripcastError(`Unknown taxi type ${shown(text)}`, `Give one of ${TAXI_TYPES.join(', ')}.`);
  }
  return found;
}

export const taxiTypeSchema = z.enum(TAXI_TYPES);
