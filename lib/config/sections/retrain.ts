import { z } from 'zod';

/** How long a window may be, in months. */
const window = z.int().min(1).max(36);

export const retrain = z
  .strictObject({
    on: z
      .array(z.enum(['month', 'harm', 'drift']))
      .describe('what starts a retraining: each scored month, or one that harmed or drifted; [] = nothing does'),
    recipe: z.enum(['linear-pair', 'linear-zones', 'xgboost-pair', 'zone-map-fast', 'zone-map']),
    windows: z
      .array(window)
      .min(1)
      .max(5)
      .refine((each) => new Set(each).size === each.length, 'different windows')
      .describe('one candidate for each: how many months to train on, up to and including the newest'),
    late: z.int().min(0).max(12).describe('how many months behind the calendar the newest published month is'),
    promote: z.enum(['best', 'never']).describe('never = candidates are registered, and a person promotes'),
    recalibrate: z.boolean().describe('whether one more candidate is the champion with new intervals'),
  })
  .describe('a retraining of the champion; the gate decides');
