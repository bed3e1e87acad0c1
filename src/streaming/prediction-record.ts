import { z } from 'zod';
import type { Predictions } from '#model/scorer.ts';
import type { RunId } from '#storage/run-id.ts';
import { type RideId, rideIdSchema } from '#trips/ride-event.ts';
import { jsonMinutes } from './json-minutes.ts';

declare const brand: unique symbol;

/** Identifies one answer. It doesn't include the run, so a redelivery after a model change is still recognized. */
export type PredictionId = string & { readonly [brand]: 'PredictionId' };

/** For a stream record: where it first arrived. */
export const arrivalId = (stream: string, shardId: string, sequenceNumber: string) =>
  `${stream}/${shardId}/${sequenceNumber}` as PredictionId;

/** For an API call. */
export const callId = (uuid: string) => `api/${uuid}` as PredictionId;

/** For a requeued record: the ID from its first arrival. */
export const requeuedId = (id: string) => id as PredictionId;

/** One record of the predictions stream. Readers can rely on these names: keys may be added, never renamed or moved. */
export const predictionRecordSchema = z.object({
  /** The registered model. */
  model: z.string(),
  /** The run that trained it. */
  version: z.string(),
  prediction: z.object({
    /** Minutes. */
    ride_duration: z.number(),
    ride_id: rideIdSchema,
    /** 90% interval in minutes. */
    interval: z.tuple([z.number(), z.number()]),
    /** `typical`: the event had no distance, so the model predicted the duration of a typical ride between its zones. */
    distance_source: z.enum(['given', 'typical']),
  }),
  prediction_id: z.string(),
  predicted_at: z.iso.datetime(),
  source: z.enum(['stream', 'api']),
});

export type PredictionRecord = z.infer<typeof predictionRecordSchema>;

/** What all predictions in a batch have in common. */
export interface Stamp {
  readonly modelName: string;
  readonly runId: RunId;
  readonly predictedAt: Date;
  readonly source: PredictionRecord['source'];
}

/** A ride that was scored, as identified in its answer. */
export interface ScoredRide {
  readonly rideId: RideId;
  readonly predictionId: PredictionId;
  readonly distanceGiven: boolean;
}

/** @param predictions the graph's outputs, `[rides.length]` each, in the same order */
export function predictionRecords(
  rides: readonly ScoredRide[],
  predictions: Predictions,
  { modelName, runId, predictedAt, source }: Stamp,
): readonly PredictionRecord[] {
  const predicted_at = predictedAt.toISOString();
  return rides.map(({ rideId, predictionId, distanceGiven }, i) => {
    const { duration, interval } = minutesAt(predictions, i);
    return {
      model: modelName,
      version: runId,
      prediction: {
        ride_duration: duration,
        ride_id: rideId,
        interval,
        distance_source: distanceSource(distanceGiven),
      },
      prediction_id: predictionId,
      predicted_at,
      source,
    };
  });
}

/** `given`: the ride had a distance. `typical`: it had none, and got the answer for a typical ride between its zones. */
export const distanceSource = (given: boolean) => (given ? 'given' : 'typical');

/** The i-th prediction and its 90% interval, as represented in JSON. */
export function minutesAt(
  { predicted_duration, interval_low, interval_high }: Predictions,
  i: number,
): { readonly duration: number; readonly interval: [number, number] } {
  return {
    duration: finite(predicted_duration[i]),
    interval: [finite(interval_low[i]), finite(interval_high[i])],
  };
}

/** JSON has only finite numbers, and a null would be a made-up answer. */
function finite(minutes: number | undefined): number {
  if (minutes !== undefined && Number.isFinite(minutes)) return jsonMinutes(minutes);
  throw new RangeError(`The model's answer ${minutes} is not a number of minutes.`);
}
