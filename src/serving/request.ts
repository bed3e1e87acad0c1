import { rideIdSchema, rideSchema } from '#trips/ride-event.ts';
import { type Infer, z } from './zod.ts';

/** POST /predict: a flat ride object. With a ride_id it is a real ride, without one a question. */
export const predictRequestSchema = z
  .object({ ...rideSchema.shape, ride_id: rideIdSchema.optional() })
  .openapi('Ride', { example: { PULocationID: 130, DOLocationID: 205, trip_distance: 3.66 } });

export type PredictRequest = Infer<typeof predictRequestSchema>;

/** The answer to POST /predict with status 200. */
export const predictAnswerSchema = z
  .object({
    predicted_duration: z.number().describe('minutes'),
    interval: z
      .tuple([z.number(), z.number()])
      // Derived, it would be a tuple of OpenAPI 3.0, which 3.1 does not allow.
      .openapi({ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 })
      .describe('90% interval in minutes'),
    distance_source: z
      .enum(['given', 'typical'])
      .describe('typical: the ride had no distance, so the typical one for its pair of zones was used'),
    pickup_datetime_used: z.string().describe('New York wall clock, without an offset'),
    model_version: z.string().describe('the run ID'),
    prediction_id: z.string().describe('the same for the same ride_id on the same day in New York'),
  })
  .openapi('Prediction');

export type PredictAnswer = Infer<typeof predictAnswerSchema>;
