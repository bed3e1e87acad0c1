import { z } from 'zod';
import type { PredictionRecord } from '#streaming/prediction-record.ts';
import { rideIdSchema } from '#trips/ride-event.ts';

/** Rides that are shown. */
const SHOWN = 20;

export const streamNowSchema = z.object({
  at: z.iso.datetime(),
  window_seconds: z.number(),
  predictions: z.int().describe('in the window, each once'),
  per_second: z.number(),
  waiting: z.int().describe('events of the window without a prediction; those in quarantine are not waiting'),
  lag_seconds: z.number().describe('age of the oldest event that waits; 0 = none does'),
  quarantined_last_hour: z.int(),
  latest: z
    .array(
      z.object({
        ride_id: rideIdSchema,
        minutes: z.number(),
        interval: z.tuple([z.number(), z.number()]),
        predicted_at: z.iso.datetime(),
        model_version: z.string(),
      }),
    )
    .describe('newest first'),
});
export type StreamNow = z.infer<typeof streamNowSchema>;

/** What was read of a stream's last minutes. */
export interface StreamSeen {
  readonly now: Date;
  readonly windowSeconds: number;
  /** In the order of arrival, with duplicates. */
  readonly predictions: readonly PredictionRecord[];
  /** The trip events of the window, by the ids that their predictions will have. */
  readonly events: readonly { readonly predictionId: string; readonly arrivedAt: Date }[];
  readonly quarantined: ReadonlySet<string>;
}

/** How a stream is doing, from what was read of it. */
export function streamNow({ now, windowSeconds, predictions, events, quarantined }: StreamSeen): StreamNow {
  const distinct = new Map(predictions.map((prediction) => [prediction.prediction_id, prediction]));
  const waiting = events.filter(({ predictionId }) => !distinct.has(predictionId) && !quarantined.has(predictionId));
  const oldest = Math.min(now.getTime(), ...waiting.map(({ arrivedAt }) => arrivedAt.getTime()));
  const newestFirst = [...distinct.values()].toSorted((a, b) => b.predicted_at.localeCompare(a.predicted_at));
  return {
    at: now.toISOString(),
    window_seconds: windowSeconds,
    predictions: distinct.size,
    per_second: distinct.size / windowSeconds,
    waiting: waiting.length,
    lag_seconds: (now.getTime() - oldest) / 1000,
    quarantined_last_hour: quarantined.size,
    latest: newestFirst.slice(0, SHOWN).map(({ prediction, predicted_at, version }) => ({
      ride_id: prediction.ride_id,
      minutes: prediction.ride_duration,
      interval: prediction.interval,
      predicted_at,
      model_version: version,
    })),
  };
}
