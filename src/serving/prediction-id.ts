import { sha256 } from '#storage/sha256.ts';
import { callId, type PredictionId } from '#streaming/prediction-record.ts';
import type { Day } from '#trips/day.ts';
import type { RideId } from '#trips/ride-event.ts';

/**
 * The id of a ride's prediction: the same whenever the ride is sent on one day, so a caller may repeat a request whose
 * answer was lost. It depends on nothing else, and so needs no store: neither on the model, as in the stream, nor on
 * whether the ride's id was a number or the same digits as text, which labels do not tell apart either.
 * @param day in New York, of the request
 * @param modelName the registered model: green and yellow rides share their ids
 */
export function ridePredictionId(rideId: RideId, day: Day, modelName: string): PredictionId {
  const hash = sha256(new TextEncoder().encode(`${modelName}\n${day}\n${rideId}`));
  return callId(asUuid(hash));
}

/** The first 122 bits as a UUID of version 8 (RFC 9562), whose content is for its maker to choose. */
function asUuid(hex: string): string {
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
