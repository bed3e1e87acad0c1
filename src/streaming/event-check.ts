import { parsePickupTime } from '../trips/new-york-time.ts';
import {
  DISTANCE_LIMIT,
  PREDICTION_ID_CHARACTERS,
  RIDE_ID_CHARACTERS,
  type RideEvent,
  ZONES,
} from '../trips/ride-event.ts';

/**
 * The same as `rideEventSchema.safeParse(value).success`, by hand: the stream asks it of every record, and zod costs
 * several times what scoring does. What it refuses goes through the schema once more, for the reason; a property test
 * holds the two equal.
 */
export function isRideEvent(value: unknown): value is RideEvent {
  if (!isObject(value)) return false;
  const { ride, ride_id, requeue } = value;
  return isRide(ride) && isRideId(ride_id) && (requeue === undefined || isRequeue(requeue));
}

function isRide(ride: unknown): boolean {
  if (!isObject(ride)) return false;
  const { PULocationID, DOLocationID, trip_distance, pickup_datetime } = ride;
  return (
    isZone(PULocationID) &&
    isZone(DOLocationID) &&
    (trip_distance == null || isDistance(trip_distance)) &&
    (pickup_datetime === undefined || isTime(pickup_datetime))
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isZone = (value: unknown) => Number.isInteger(value) && isBetween(value, ZONES.first, ZONES.last);

const isDistance = (value: unknown) => typeof value === 'number' && value >= 0 && value < DISTANCE_LIMIT;

const isTime = (value: unknown) => typeof value === 'string' && parsePickupTime(value) !== undefined;

const isRideId = (value: unknown) => Number.isSafeInteger(value) || isText(value, RIDE_ID_CHARACTERS);

const isRequeue = (value: unknown) =>
  isObject(value) && isText(value.prediction_id, PREDICTION_ID_CHARACTERS) && isAttempt(value.attempt);

const isAttempt = (value: unknown) => Number.isSafeInteger(value) && isBetween(value, 1, Number.MAX_SAFE_INTEGER);

const isBetween = (value: unknown, least: number, most: number) =>
  typeof value === 'number' && value >= least && value <= most;

const isText = (value: unknown, most: number) => typeof value === 'string' && value.length >= 1 && value.length <= most;
