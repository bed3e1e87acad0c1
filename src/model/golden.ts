import { z } from 'zod';

const column = z.array(z.number());

/** Rides that a model carries with what it said of them, so that every place it is shipped to can prove itself. */
export const goldenSchema = z.object({
  rides: z.array(
    z.object({
      PULocationID: z.int(),
      DOLocationID: z.int(),
      trip_distance: z.number().nullable(),
      pickup_time: z.int(),
    }),
  ),
  /** The graph's outputs, minutes. */
  predictions: z.object({
    predicted_duration: column,
    interval_low: column,
    interval_high: column,
    interval80_low: column,
    interval80_high: column,
  }),
  /** What the recipe's own algebra (or XGBoost) says of the same rides, minutes. */
  exact: column,
});

export type GoldenRides = z.infer<typeof goldenSchema>;
