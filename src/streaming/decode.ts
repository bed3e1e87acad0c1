import { isUtf8 } from 'node:buffer';
import { RideBatch } from '#model/rides/ride-batch.ts';
import { newYorkSeconds } from '#trips/new-york-time.ts';
import { FIELD_REASONS, refusals, rideEventSchema } from '#trips/ride-event.ts';
import { type CheckedEvent, checkEvent, firstIdOf } from './event-check.ts';
import { type KinesisEvent, type KinesisRecord, shardOf, streamOf } from './kinesis-event.ts';
import { arrivalId, type PredictionId, requeuedId, type ScoredRide } from './prediction-record.ts';

/**
 * Why a record was quarantined: its bytes are not text, the text is not JSON, a field is refused; or the hand-written
 * check refuses what the schema accepts, which is a bug in tripcast and must not block a shard.
 */
export const REJECTION_REASONS = [
  'empty',
  'not-base64',
  'kpl-aggregated',
  'not-utf8',
  'not-json',
  ...FIELD_REASONS,
  'checks-disagree',
] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** The records of one invocation: those that can be scored, as one batch, and those that can't, with the reason. */
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
  /** Dotted path, for example `ride.PULocationID`; absent if no single field is to blame. */
  readonly field?: string;
  readonly message: string;
  readonly record: KinesisRecord;
}

/**
 * One pass over the records. A bad record is an outcome; it never affects its neighbors.
 * @param check tests can pass their own
 */
export function decode({ Records }: KinesisEvent, check: typeof checkEvent = checkEvent): DecodedBatch {
  const rides = new RideBatch(Records.length);
  const accepted: AcceptedRide[] = [];
  const rejected: RejectedRecord[] = [];
  const streamNames = new StreamNames();
  for (const record of Records) {
    const { data, sequenceNumber, approximateArrivalTimestamp } = record.kinesis;
    const arrival = arrivalId(streamNames.of(record.eventSourceARN), shardOf(record), sequenceNumber);
    const decoded = decodeData(data, check);
    if ('reason' in decoded) {
      const { firstId, ...rejection } = decoded;
      rejected.push({ predictionId: firstId === undefined ? arrival : requeuedId(firstId), ...rejection, record });
      continue;
    }
    const { pickupZone, dropoffZone, distance, pickupTime, rideId, firstId } = decoded;
    // A ride without a pickup time starts when its event arrives.
    rides.push(pickupZone, dropoffZone, distance, pickupTime ?? newYorkSeconds(approximateArrivalTimestamp));
    accepted.push({
      rideId,
      predictionId: firstId === undefined ? arrival : requeuedId(firstId),
      distanceGiven: !Number.isNaN(distance),
      sequenceNumber,
    });
  }
  return { rides, accepted, rejected };
}

/** The records of an invocation share an ARN, so the name is extracted once. */
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

interface Rejection extends Pick<RejectedRecord, 'reason' | 'field' | 'message'> {
  /** A requeued event that is refused again keeps the prediction_id of its first arrival. */
  readonly firstId?: string | undefined;
}

function decodeData(base64: string, check: typeof checkEvent): CheckedEvent | Rejection {
  if (base64 === '') return { reason: 'empty', message: 'The record has no data' };
  const characters = bytesOf(base64);
  if (characters === undefined) return { reason: 'not-base64', message: 'The data is not base64' };
  const text = textOf(characters);
  if (text === undefined) return undecodable(characters, 'not-utf8', 'The data is not UTF-8 text');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return undecodable(
      characters,
      'not-json',
      `The data is not JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
  return check(value) ?? refused(value);
}

/**
 * The bytes as characters with the same codes; `atob` is the fastest way that Node offers. It ignores whitespace and
 * missing padding, which Kinesis never omits: the length check catches both. Undefined if the text is not base64.
 */
function bytesOf(base64: string): string | undefined {
  if (base64.length % 4 !== 0) return undefined;
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  try {
    const characters = atob(base64);
    return characters.length === (base64.length / 4) * 3 - padding ? characters : undefined;
  } catch {
    return undefined; // atob's only error: the text is not base64
  }
}

const BEYOND_ASCII = /[\x80-\xff]/;

/** Decodes the bytes as UTF-8; nearly all events are ASCII, which needs no decoding. Undefined if not UTF-8. */
function textOf(characters: string): string | undefined {
  if (!BEYOND_ASCII.test(characters)) return characters;
  const bytes = Buffer.from(characters, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** Records aggregated by the Kinesis Producer Library begin with these bytes (its published format). */
const KPL_MAGIC = '\xf3\x89\x9a\xc2';

function undecodable(characters: string, reason: 'not-utf8' | 'not-json', message: string): Rejection {
  if (!characters.startsWith(KPL_MAGIC)) return { reason, message };
  return {
    reason: 'kpl-aggregated',
    message: 'The data is an aggregated record of the Kinesis Producer Library: turn off AggregationEnabled',
  };
}

function refused(value: unknown): Rejection {
  const parsed = rideEventSchema.safeParse(value);
  const [first = DISAGREEMENT] = parsed.success ? [] : refusals(parsed.error, value);
  return { ...first, firstId: firstIdOf(value) };
}

const DISAGREEMENT = {
  reason: 'checks-disagree',
  message: "tripcast's two checks disagree about this event: report the bug, and requeue the event once it is fixed",
} as const;
