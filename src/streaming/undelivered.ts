import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import { parseKinesisEvent, shardOf, streamOf } from './kinesis-event.ts';
import type { OwedRecord } from './owed-record.ts';
import { arrivalId } from './prediction-record.ts';

/** The reason for everything that Lambda gave up on. */
export const UNDELIVERED = 'undelivered';

/**
 * The object that Lambda leaves in a bucket for a batch it gives up on (Lambda Developer Guide, "Retain discarded batch
 * records for a Kinesis Data Streams event source"): the one key that holds the records. Only S3 gets it; a queue or a
 * topic would get only the other keys, with the records' positions.
 */
const invocationRecordSchema = z.object({
  /** The event that the function was invoked with: escaped JSON from Lambda, an object from LocalStack. */
  payload: z.union([z.string().transform((text): unknown => JSON.parse(text)), z.looseObject({})]),
});

/**
 * The records of a batch that Lambda gave up on. Some may have a prediction: after a partial failure Lambda continues
 * from the lowest failed record, so all those after it are included.
 * @throws TripcastError when the object is not one of Lambda's
 */
export function undeliveredRecords(text: string): readonly OwedRecord[] {
  return eventOf(text).Records.map((record) => {
    const { data, sequenceNumber, approximateArrivalTimestamp } = record.kinesis;
    return {
      predictionId: arrivalId(streamOf(record.eventSourceARN), shardOf(record), sequenceNumber),
      reason: UNDELIVERED,
      arrivedAt: new Date(approximateArrivalTimestamp * 1000),
      raw: data,
    };
  });
}

function eventOf(text: string) {
  try {
    return parseKinesisEvent(invocationRecordSchema.parse(JSON.parse(text)).payload);
  } catch (cause) {
    throw new TripcastError(
      `It is not a batch of Kinesis records that Lambda gave up on (${cause})`,
      'Move it out of the bucket for undelivered records.',
      { cause },
    );
  }
}
