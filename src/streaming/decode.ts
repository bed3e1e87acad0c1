import { isUtf8 } from 'node:buffer';
import { RideBatch } from '../model/ride-batch.ts';
import { newYorkSeconds, parsePickupTime } from '../trips/new-york-time.ts';
import { FIELD_REASONS, type RideEvent, refusals, rideEventSchema } from '../trips/ride-event.ts';
import { isRideEvent } from './event-check.ts';
import { type KinesisEvent, type KinesisRecord, shardOf, streamOf } from './kinesis-event.ts';
import { arrivalId, type PredictionId, requeuedId, type ScoredRide } from './prediction-record.ts';

/** Why a record went to quarantine: its bytes are no text, the text is no JSON, or a field is refused. */
export const REJECTION_REASONS = [
  'empty',
  'not-base64',
  'kpl-aggregated',
  'not-utf8',
  'not-json',
  ...FIELD_REASONS,
] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** The records of one invocation: those that can be scored, as one batch, and those that cannot, with the reason. */
export interface DecodedBatch {
  readonly rides: RideBatch;
  /** In the order of `rides`. */
  readonly accepted: readonly AcceptedRide[];
  readonly rejected: readonly RejectedRecord[];
}

export interface AcceptedRide extends ScoredRide {
  readonly sequenceNumber: string;
}

export interface RejectedRecord {
  readonly predictionId: PredictionId;
  readonly reason: RejectionReason;
  /** Dotted path, for example `ride.PULocationID`; absent when no single field is to blame. */
  readonly field?: string;
  readonly message: string;
  readonly record: KinesisRecord;
}

/** One pass over the records. A bad record is an outcome; it never costs its neighbours anything. */
export function decode({ Records }: KinesisEvent): DecodedBatch {
  const rides = new RideBatch(Records.length);
  const accepted: AcceptedRide[] = [];
  const rejected: RejectedRecord[] = [];
  const streamNames = new StreamNames();
  for (const record of Records) {
    const { sequenceNumber, approximateArrivalTimestamp } = record.kinesis;
    const arrival = arrivalId(streamNames.of(record.eventSourceARN), shardOf(record), sequenceNumber);
    const decoded = decodeData(record.kinesis.data);
    if ('reason' in decoded) {
      rejected.push({ predictionId: arrival, ...decoded, record });
      continue;
    }
    const { ride, ride_id: rideId, requeue } = decoded.event;
    const distance = ride.trip_distance ?? Number.NaN;
    rides.push(ride.PULocationID, ride.DOLocationID, distance, pickupTime(ride, approximateArrivalTimestamp));
    accepted.push({
      rideId,
      predictionId: requeue === undefined ? arrival : requeuedId(requeue.prediction_id),
      distanceGiven: !Number.isNaN(distance),
      sequenceNumber,
    });
  }
  return { rides, accepted, rejected };
}

/** New York wall-clock seconds; a ride that does not say when it starts starts when its event arrives. */
function pickupTime({ pickup_datetime }: RideEvent['ride'], arrivedAt: number): number {
  const given = pickup_datetime === undefined ? undefined : parsePickupTime(pickup_datetime);
  return given ?? newYorkSeconds(arrivedAt);
}

/** The records of an invocation share an ARN, so the name is found once. */
class StreamNames {
  #arn = '';
  #name = '';

  of(arn: string): string {
    if (arn !== this.#arn) {
      this.#name = streamOf(arn);
      this.#arn = arn;
    }
    return this.#name;
  }
}

type Rejection = Pick<RejectedRecord, 'reason' | 'field' | 'message'>;

function decodeData(base64: string): { readonly event: RideEvent } | Rejection {
  if (base64 === '') return { reason: 'empty', message: 'The record has no data' };
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== decodedLength(base64)) return { reason: 'not-base64', message: 'The data is not base64' };
  const text = bytes.toString('utf8');
  // A character that stands for bytes that are none makes the text differ from what was sent, in a ride_id for example.
  if (text.includes('\uFFFD') && !isUtf8(bytes)) return undecodable(bytes, 'not-utf8', 'The data is not UTF-8 text');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return undecodable(bytes, 'not-json', `The data is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  return isRideEvent(value) ? { event: value } : refused(value);
}

/** Node skips what is not base64 instead of refusing it, so the length tells. Kinesis pads; NaN equals no length. */
function decodedLength(base64: string): number {
  if (base64.length % 4 !== 0) return Number.NaN;
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return (base64.length / 4) * 3 - padding;
}

/** Records that the Kinesis Producer Library packed into one begin with these bytes (its published format). */
const KPL_MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);

function undecodable(bytes: Buffer, reason: 'not-utf8' | 'not-json', message: string): Rejection {
  if (!bytes.subarray(0, KPL_MAGIC.length).equals(KPL_MAGIC)) return { reason, message };
  return {
    reason: 'kpl-aggregated',
    message: 'The data is an aggregated record of the Kinesis Producer Library: switch AggregationEnabled off',
  };
}

function refused(value: unknown): Rejection {
  const parsed = rideEventSchema.safeParse(value);
  const [first] = parsed.success ? [] : refusals(parsed.error, value);
  if (first === undefined) throw new Error('The event check refuses what the schema of ride events accepts.');
  return first;
}
