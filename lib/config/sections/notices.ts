import { z } from 'zod';
import { positive, share } from '../values.ts';

export const alarms = z
  .strictObject({
    email: z.email().nullable().describe('who gets a mail; null = only those who subscribe to the topic'),
    metricMath: z.boolean().describe('alarms on a ratio of two metrics, which the emulator cannot make'),
    durationShare: share.describe("a call's 99th percentile, of the function's time"),
    iteratorAgeMinutes: positive.describe('how old the oldest unread trip event may be'),
    archiveAgeMinutes: positive.describe('how old the oldest prediction may be that is not archived yet'),
    quarantineShare: share.describe('bad records, of all that came in'),
  })
  .describe('when somebody is told');

export const budget = z
  .strictObject({ monthlyDollars: z.number().positive().nullable() })
  .describe(
    'of the whole account; notices say when 80% is spent, and when more than all of it is forecast. null = none',
  );
