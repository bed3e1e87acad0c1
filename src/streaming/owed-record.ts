import { formatWallClock, newYorkSeconds } from '#trips/new-york-time.ts';
import { rideEventSchema, rideIdSchema } from '#trips/ride-event.ts';
import { jsonEntry } from './encode.ts';
import { type PredictionId, requeuedId } from './prediction-record.ts';
import type { StreamEntry } from './publish.ts';

/** A trip event without a prediction: it is in quarantine, or where Lambda puts what it gives up on. */
export interface OwedRecord {
  readonly predictionId: PredictionId;
  /** Why quarantine refused it, or `undelivered`. */
  readonly reason: string;
  readonly arrivedAt: Date;
  /** The record's original bytes, in base64. */
  readonly raw: string;
}

/** An owed record, ready to be resent. */
export interface RequeuedEvent {
  /** The one from its first arrival, however often it was resent since. */
  readonly predictionId: PredictionId;
  /** Starts at 1. */
  readonly attempt: number;
  readonly entry: StreamEntry;
}

/**
 * The event to resend: the same, plus the ID of its first arrival. A ride without a pickup time starts at its first
 * arrival, so that time is added to it: otherwise it would be scored at the time of the requeue.
 * @param attempts how often it has been resent before, as far as the caller knows
 * @returns undefined when there is nowhere to put the ID: the bytes are not a JSON object, or one nested too deeply
 */
export function requeuedEvent(
  record: OwedRecord,
  attempts: (predictionId: PredictionId) => number,
): RequeuedEvent | undefined {
  const event = jsonObject(Buffer.from(record.raw, 'base64').toString('utf8'));
  if (event === undefined) return undefined;
  const before = rideEventSchema.shape.requeue.safeParse(event.requeue).data;
  const predictionId = before === undefined ? record.predictionId : requeuedId(before.prediction_id);
  const attempt = Math.max(before?.attempt ?? 0, attempts(predictionId)) + 1;
  const again = {
    ...event,
    ...(isUndated(event.ride) && { ride: { ...event.ride, pickup_datetime: arrivalTime(record) } }),
    requeue: { prediction_id: predictionId, attempt },
  };
  const rideId = rideIdSchema.safeParse(event.ride_id).data ?? predictionId;
  const entry = written(() => jsonEntry(again, rideId));
  return entry && { predictionId, attempt, entry };
}

const arrivalTime = ({ arrivedAt }: OwedRecord) => formatWallClock(newYorkSeconds(arrivedAt.getTime() / 1000));

const isUndated = (ride: unknown): ride is Record<string, unknown> =>
  isObject(ride) && ride.pickup_datetime === undefined;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON.parse takes any depth; JSON.stringify overflows the stack at a few thousand levels. */
function written(write: () => StreamEntry): StreamEntry | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // an outcome that the caller counts; quarantine says what is wrong with the text
  }
}
