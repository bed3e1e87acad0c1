import { z } from 'zod';
import { RECIPE_NAMES } from '#model/recipes/recipe.ts';
import { monthSchema } from '#trips/month.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';

/** How long a window may be, in months. */
export const LONGEST_WINDOW = 36;
const windows = z.array(z.int().min(1).max(LONGEST_WINDOW)).min(1);
/** `never` = the candidates are registered with the gate's verdicts, and a person promotes. */
export const PROMOTIONS = ['best', 'never'] as const;
const promote = z.enum(PROMOTIONS);

/** `retrain` in the config, as far as a function needs it. */
export const retrainPolicySchema = z.object({
  recipe: z.enum(RECIPE_NAMES),
  windows,
  late: z.int().min(0),
  promote,
  recalibrate: z.boolean(),
});
export type RetrainPolicy = Readonly<z.infer<typeof retrainPolicySchema>>;

/** What starts a retraining; everything that is left out is as configured. */
export const retrainingRequestSchema = z.strictObject({
  taxi_type: taxiTypeSchema.nullish(),
  /** The newest month to train on; by default the one that should be published by now. */
  month: monthSchema.nullish(),
  windows: windows.nullish(),
  promote: promote.nullish(),
  /** Why, for the record: `harm in 2023-04`. */
  reason: z.string().min(1).max(200).default('no reason given'),
});
export type RetrainingRequest = z.input<typeof retrainingRequestSchema>;
