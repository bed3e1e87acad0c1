import { z } from 'zod';
import { positive, registeredModel, share } from '../values.ts';

export const model = z.strictObject({
  experiment: z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/),
  registeredModels: z.strictObject({ green: registeredModel, yellow: registeredModel }),
  servedTaxiType: z.enum(['green', 'yellow']),
  refreshSeconds: positive,
});

export const engine = z
  .enum(['auto', 'onnxruntime', 'tripcast'])
  .describe(
    'what scores: auto = our own engine if it knows the graph and reproduces its golden rides, else onnxruntime; ' +
      'with tripcast, the functions that serve are deployed without onnxruntime',
  );

export const gate = z
  .strictObject({
    leastRows: positive.describe('training rides left after cleaning'),
    mostOutOfRangeShare: share.describe('of the training rides read, how many may last outside 1..60 minutes'),
    mostNullShare: share.describe('of the training rides read, how many may lack a value in a column'),
    leastZones: positive.describe('different pickup zones, and dropoff zones, in training'),
    leastR2: share.describe('on the validation rides; predicting the mean gives 0'),
    rmseToleranceMinutes: z.number().nonnegative().describe('how much worse than the champion a run may be'),
    bestToleranceMinutes: z
      .number()
      .nonnegative()
      .describe('how much worse than the best champion so far it may be: small losses must not add up'),
    coverageToleranceShare: share.describe("how far an interval's coverage may be from its nominal one"),
    segments: z
      .strictObject({
        toleranceMinutes: z.number().nonnegative().describe("how much larger a segment's RMSE may be"),
        leastRides: positive.describe('a segment with fewer rides is not judged'),
        leastDays: z.int().min(2).max(366).describe('nor is one with rides on fewer days'),
        confidence: z.number().gt(0.5).lt(1).describe('that no segment is called worse by chance, over all together'),
      })
      .describe('how much worse than the champion a run may be in a borough, at some hours, or without a distance'),
  })
  .describe('what a run must meet to become the champion');

export const rollback = z
  .strictObject({
    toleranceMinutes: z
      .number()
      .nonnegative()
      .nullable()
      .describe('how much larger its RMSE may be, beyond chance, than that of the champion before it; null = never'),
  })
  .describe('whether monitoring takes a new champion back whose error turns out to be worse once labels come');
