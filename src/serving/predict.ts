import type { Clock } from '#clock.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import type { LoadedModel, ModelSource } from '#registry/model-source.ts';
import {
  callId,
  distanceSource,
  minutesAt,
  type PredictionRecord,
  predictionRecords,
} from '#streaming/prediction-record.ts';
import { formatWallClock, newYorkSeconds, parsePickupTime } from '#trips/new-york-time.ts';
import type { PredictAnswer, PredictRequest } from './request.ts';

export interface PredictDeps {
  readonly model: ModelSource;
  /** The registered model's name, as it appears in the predictions stream. */
  readonly modelName: string;
  readonly clock: Clock;
  readonly newUuid: () => string;
}

/** The answer to the caller and, for a real ride, the record for the predictions stream. */
export interface Predicted {
  readonly answer: PredictAnswer;
  readonly record: PredictionRecord | undefined;
}

/**
 * Predicts one ride. A ride without a pickup time starts now.
 * @example
 * const { answer } = await predict({ PULocationID: 130, DOLocationID: 205 }, await model.current(), deps);
 * console.log(answer.predicted_duration, answer.interval); // minutes
 */
export async function predict(
  { PULocationID, DOLocationID, trip_distance, pickup_datetime, ride_id: rideId }: PredictRequest,
  { runId, scorer }: LoadedModel,
  { modelName, clock, newUuid }: Omit<PredictDeps, 'model'>,
): Promise<Predicted> {
  const at = clock.now();
  const given = pickup_datetime === undefined ? undefined : parsePickupTime(pickup_datetime);
  const pickupTime = given ?? newYorkSeconds(at / 1000);
  const batch = new RideBatch(1);
  batch.push(PULocationID, DOLocationID, trip_distance ?? Number.NaN, pickupTime);
  const predictions = await scorer.score(batch);

  const { duration, interval } = minutesAt(predictions, 0);
  const distanceGiven = typeof trip_distance === 'number';
  const predictionId = callId(newUuid());
  const answer: PredictAnswer = {
    predicted_duration: duration,
    interval,
    distance_source: distanceSource(distanceGiven),
    pickup_datetime_used: formatWallClock(pickupTime),
    model_version: runId,
    prediction_id: predictionId,
  };
  if (rideId === undefined) return { answer, record: undefined };
  const stamp = { modelName, runId, predictedAt: new Date(at), source: 'api' } as const;
  const [record] = predictionRecords([{ rideId, predictionId, distanceGiven }], predictions, stamp);
  return { answer, record };
}
