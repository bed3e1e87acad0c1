import { decode } from './decode.ts';
import type { KinesisRecord } from './kinesis-event.ts';

/** A record as a stream has kept it. */
export interface StoredRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly data: Uint8Array;
  readonly arrivedAt: Date;
}

/** A ride as its event described it. */
export interface StoredRide {
  readonly pickupZone: number;
  readonly dropoffZone: number;
  /** Miles; NaN = not given. */
  readonly distance: number;
  /** New York wall-clock seconds. */
  readonly pickupTime: number;
}

/** Decoded at a time. */
const BATCH = 1000;

/**
 * The rides of a stream's records, by the prediction_id that their answers have: the archive of predictions does not
 * repeat what was asked. They are read as the function reads them; records that it refuses are left out.
 */
export async function storedRides(
  records: AsyncIterable<StoredRecord>,
  streamName: string,
): Promise<ReadonlyMap<string, StoredRide>> {
  const rides = new Map<string, StoredRide>();
  let batch: KinesisRecord[] = [];
  for await (const record of records) {
    batch.push(asEvent(record, streamName));
    if (batch.length < BATCH) continue;
    addRides(rides, batch);
    batch = [];
  }
  addRides(rides, batch);
  return rides;
}

/** The same record as Lambda hands it to the function; decoding needs no more of the ARN than the name. */
const asEvent = ({ shardId, sequenceNumber, data, arrivedAt }: StoredRecord, streamName: string): KinesisRecord => ({
  eventID: `${shardId}:${sequenceNumber}`,
  eventSourceARN: `arn:aws:kinesis:::stream/${streamName}`,
  kinesis: {
    data: Buffer.from(data).toString('base64'),
    sequenceNumber,
    approximateArrivalTimestamp: arrivedAt.getTime() / 1000,
  },
});

function addRides(rides: Map<string, StoredRide>, Records: readonly KinesisRecord[]): void {
  const { rides: batch, accepted } = decode({ Records });
  const { PULocationID, DOLocationID, trip_distance, pickup_time } = batch.inputs;
  for (const [i, { predictionId }] of accepted.entries()) {
    rides.set(predictionId, {
      pickupZone: Number(PULocationID[i]),
      dropoffZone: Number(DOLocationID[i]),
      distance: trip_distance[i] ?? Number.NaN,
      pickupTime: Number(pickup_time[i]),
    });
  }
}
