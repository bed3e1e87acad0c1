import { parsePickupTime } from '#trips/new-york-time.ts';
import { isTextOfAtMost, PREDICTION_ID_CHARACTERS, RIDE_ID_CHARACTERS, type RideId } from '#trips/ride-event.ts';
import { DISTANCE_LIMIT, ZONES } from '#trips/ride-limits.ts';

/** A ride event that passed every check, in the form that the batch takes. */
export interface CheckedEvent {
  readonly pickupZone: number;
  readonly dropoffZone: number;
  /** Miles; NaN = not given. */
  readonly distance: number;
  /** New York wall-clock seconds; undefined = not given. */
  readonly pickupTime: number | undefined;
  readonly rideId: RideId;
  /** For a requeued event: the prediction_id of its first arrival. */
  readonly firstId: string | undefined;
}

/**
 * The same as `rideEventSchema`, written by hand: the stream runs it on every record, and zod costs several times as
 * much as scoring. What it refuses also goes through the schema, to get the reason. A property test checks that the two
 * are equal; a record on which they disagree anyway is quarantined.
 */
export function checkEvent(value: unknown): CheckedEvent | undefined {
  if (!isObject(value)) return undefined;
  const { ride, ride_id: rideId, requeue } = value;
  if (!isObject(ride) || !isRideId(rideId)) return undefined;
  const { PULocationID, DOLocationID, trip_distance = null, pickup_datetime } = ride;
  if (!isZone(PULocationID) || !isZone(DOLocationID)) return undefined;
  if (trip_distance !== null && !isDistance(trip_distance)) return undefined;
  const pickupTime = typeof pickup_datetime === 'string' ? parsePickupTime(pickup_datetime) : undefined;
  if (pickup_datetime !== undefined && pickupTime === undefined) return undefined;
  const firstId = firstIdIn(requeue);
  if (requeue !== undefined && firstId === undefined) return undefined;
  return {
    pickupZone: PULocationID,
    dropoffZone: DOLocationID,
    distance: trip_distance ?? Number.NaN,
    pickupTime,
    rideId,
    firstId,
  };
}

/** The first arrival that the event states, whatever else is wrong with it: if refused again, it is the same record. */
export const firstIdOf = (value: unknown): string | undefined =>
  isObject(value) ? firstIdIn(value.requeue) : undefined;

function firstIdIn(requeue: unknown): string | undefined {
  if (!isObject(requeue)) return undefined;
  const { prediction_id: id, attempt } = requeue;
  return isText(id, PREDICTION_ID_CHARACTERS) && isAttempt(attempt) ? id : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isZone = (value: unknown): value is number =>
  Number.isInteger(value) && isBetween(value, ZONES.first, ZONES.last);

const isDistance = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value < DISTANCE_LIMIT;

const isRideId = (value: unknown): value is RideId => isText(value, RIDE_ID_CHARACTERS) || Number.isSafeInteger(value);

const isAttempt = (value: unknown) => Number.isSafeInteger(value) && isBetween(value, 1, Number.MAX_SAFE_INTEGER);

const isBetween = (value: unknown, least: number, most: number) =>
  typeof value === 'number' && value >= least && value <= most;

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && isTextOfAtMost(value, most);
