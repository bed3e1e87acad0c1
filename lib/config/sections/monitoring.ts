import { z } from 'zod';

const share = z.number().gt(0).lt(1);

export const monitoring = z.strictObject({
  preset: z.enum(['tripcast', 'evidently', 'classic']).describe('how drift is measured: see docs/monitoring.md'),
  effect: z.number().gt(0).max(1).describe('of preset tripcast: the distance between two distributions that matters'),
  significance: share.describe('the chance of a false alarm, over all columns or all days together'),
  errorTolerance: z
    .number()
    .gt(0)
    .max(2)
    .describe('how much the mean absolute error may grow, as a share of the reference'),
  explain: z.boolean().describe('whether a classifier explains what has drifted, which takes seconds and XGBoost'),
  leastRidesADay: z.int().positive().describe('days with fewer labelled rides do not count'),
  profileStream: z
    .strictObject({ everySeconds: z.int().min(0).max(3600).describe('how often an instance stores its profile') })
    .nullable()
    .describe('whether the stream function profiles the rides it scores; null = no'),
  streamDays: z.int().min(7).max(28).describe('how many days of the stream are compared with the training rides'),
  leastStreamRides: z.int().positive().describe('with fewer rides, the stream gets no verdict'),
});
