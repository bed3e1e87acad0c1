import { z } from 'zod';
import { positive, publicAddress, scheduleExpression, timeZone } from '../values.ts';

export const schedule = z.strictObject({
  expression: scheduleExpression,
  checkExpression: scheduleExpression.describe('when to check that the month was scored'),
  timeZone,
  monthsBack: z.int().min(0).max(24),
  lookBackMonths: z.int().min(0).max(24).describe('how far back to look for months still owed; 0 = not at all'),
  taxiType: z.enum(['green', 'yellow']),
  runId: z.string().nullable().describe('null = the champion'),
  enabled: z.boolean(),
  retryAttempts: z.int().min(0).max(185),
  maximumAgeSeconds: z.int().min(60).max(86_400),
});

export const publication = z.strictObject({
  source: publicAddress,
  pollHours: positive,
  giveUpDays: positive.max(26).describe('monthly-batch times out after 27, before the next run'),
});

export const query = z
  .strictObject({
    enabled: z.boolean(),
    resultDays: positive.describe("how long Athena's results are kept"),
    mostScannedGb: positive.describe('a query that reads more is canceled'),
  })
  .describe('Glue tables and an Athena workgroup over the predictions');
