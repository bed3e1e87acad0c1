import { z } from 'zod';
import { positive, registeredModel, share } from '../values.ts';

export const model = z.strictObject({
  experiment: z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/),
  registeredModels: z.strictObject({ green: registeredModel, yellow: registeredModel }),
  servedTaxiType: z.enum(['green', 'yellow']),
  refreshSeconds: positive,
});

export const gate = z
  .strictObject({
    leastRows: positive.describe('training rides left after cleaning'),
    mostOutOfRangeShare: share.describe('training rides read that did not last 1..60 minutes'),
    mostNullShare: share.describe('training rides read without a value in a column'),
    leastZones: positive.describe('different pickup zones, and dropoff zones, in training'),
    leastR2: share.describe('on the validation rides; always predicting the mean has 0'),
    rmseToleranceMinutes: z.number().nonnegative().describe('by which a run may be worse than the champion'),
    bestToleranceMinutes: z
      .number()
      .nonnegative()
      .describe('by which it may be worse than the best champion so far: one promotion after another must not add up'),
    coverageToleranceShare: share.describe("an interval's coverage, from its nominal one"),
  })
  .describe('what a run has to keep to become a champion');
