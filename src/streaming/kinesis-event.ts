import { shown, TripcastError } from '#errors.ts';

/** The parts that tripcast reads of the event that Lambda creates from a batch of Kinesis records. */
export interface KinesisEvent {
  readonly Records: readonly KinesisRecord[];
}

export interface KinesisRecord {
  /** `{shardId}:{sequenceNumber}` */
  readonly eventID: string;
  /** `arn:aws:kinesis:{region}:{account}:stream/{name}`, followed by `/consumer/...` under enhanced fan-out. */
  readonly eventSourceARN: string;
  readonly kinesis: {
    /** Always base64. */
    readonly data: string;
    readonly sequenceNumber: string;
    /** Seconds since the epoch, with a fraction. */
    readonly approximateArrivalTimestamp: number;
  };
}

/**
 * Checks the envelope, not the data: Lambda's is always valid, but one written by hand may not be.
 * @throws TripcastError naming the first invalid record
 */
export function parseKinesisEvent(value: unknown): KinesisEvent {
  const { Records } = (value ?? {}) as Partial<KinesisEvent>;
  if (!Array.isArray(Records)) {
    throw new TripcastError('The event has no Records', 'Send a Kinesis event; test/events/kinesis.json is one.');
  }
  const wrong = Records.findIndex((record) => !isKinesisRecord(record));
  if (wrong >= 0) {
    throw new TripcastError(
      `Records[${wrong}] is not a Kinesis record`,
      'It needs eventID, eventSourceARN, kinesis.data, kinesis.sequenceNumber and kinesis.approximateArrivalTimestamp.',
    );
  }
  return { Records };
}

function isKinesisRecord(value: Partial<KinesisRecord> | null): boolean {
  return (
    typeof value?.eventID === 'string' &&
    value.eventID.includes(':') &&
    typeof value.eventSourceARN === 'string' &&
    typeof value.kinesis?.data === 'string' &&
    typeof value.kinesis.sequenceNumber === 'string' &&
    Number.isFinite(value.kinesis.approximateArrivalTimestamp)
  );
}

/** The stream's name, from the ARN of the stream or of one of its consumers. @throws TripcastError if it is neither */
export function streamOf(arn: string): string {
  const name = /:stream\/([A-Za-z0-9_.-]+)/.exec(arn)?.[1];
  if (name === undefined) {
    throw new TripcastError(`${shown(arn)} is not the ARN of a stream`, "A stream's ARN ends in stream/NAME.");
  }
  return name;
}

export const shardOf = (record: KinesisRecord) => record.eventID.slice(0, record.eventID.indexOf(':'));
