import type { Clock } from '#clock.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import type { LoadedModel, ModelSource } from '#registry/model-source.ts';
import { callId, distanceSource, minutesAt, type PredictionRecord } from '#streaming/prediction-record.ts';
import { newYorkDay } from '#trips/day.ts';
import { formatWallClock, newYorkSeconds, parsePickupTime } from '#trips/new-york-time.ts';
import { ridePredictionId } from './prediction-id.ts';
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
 * Predicts rides with one call of the model. A ride without a pickup time starts now.
 * @returns one for each ride, in the same order
 * @example
 * const [predicted] = await predictRides([{ PULocationID: 130, DOLocationID: 205 }], await model.current(), deps);
 * console.log(predicted?.answer.predicted_duration, predicted?.answer.interval); // minutes
 */
export async function predictRides(
  rides: readonly PredictRequest[],
  { runId, scorer }: LoadedModel,
  { modelName, clock, newUuid }: Omit<PredictDeps, 'model'>,
): Promise<readonly Predicted[]> {
  const at = clock.now();
  const batch = new RideBatch(rides.length);
  const pickupTimes = rides.map(({ PULocationID, DOLocationID, trip_distance, pickup_datetime }) => {
    const given = pickup_datetime === undefined ? undefined : parsePickupTime(pickup_datetime);
    const pickupTime = given ?? newYorkSeconds(at / 1000);
    batch.push(PULocationID, DOLocationID, trip_distance ?? Number.NaN, pickupTime);
    return pickupTime;
  });
  const predictions = await scorer.score(batch);

  const predicted_at = new Date(at).toISOString();
  const day = newYorkDay(at);
  return rides.map(({ trip_distance, ride_id: rideId }, i) => {
    const { duration, interval } = minutesAt(predictions, i);
    const distance_source: PredictAnswer['distance_source'] = distanceSource(typeof trip_distance === 'number');
    const prediction_id = rideId === undefined ? callId(newUuid()) : ridePredictionId(rideId, day, modelName);
    const answer: PredictAnswer = {
      predicted_duration: duration,
      interval,
      distance_source,
      pickup_datetime_used: formatWallClock(pickupTimes[i] ?? Number.NaN),
      model_version: runId,
      prediction_id,
    };
    if (rideId === undefined) return { answer, record: undefined };
    const prediction = { ride_duration: duration, ride_id: rideId, interval, distance_source };
    return {
      answer,
      record: { model: modelName, version: runId, prediction, prediction_id, predicted_at, source: 'api' },
    };
  });
}
