import { z } from 'zod';
import { rideIdSchema, rideSchema } from '#trips/ride-event.ts';

/** POST /predict: a flat ride object. With a ride_id it is a real ride, without one a question. */
export const predictRequestSchema = z.object({ ...rideSchema.shape, ride_id: rideIdSchema.optional() });

export type PredictRequest = z.infer<typeof predictRequestSchema>;

/** The answer to POST /predict with status 200. */
export const predictAnswerSchema = z.object({
  /** Minutes. */
  predicted_duration: z.number(),
  /** 90% interval in minutes. */
  interval: z.tuple([z.number(), z.number()]),
  distance_source: z.enum(['given', 'typical']),
  /** New York wall clock, without an offset. */
  pickup_datetime_used: z.string(),
  /** The run ID. */
  model_version: z.string(),
  prediction_id: z.string(),
});

export type PredictAnswer = z.infer<typeof predictAnswerSchema>;
