import { z } from 'zod';
import { positive, share } from '../values.ts';

export const alarms = z
  .strictObject({
    email: z.email().nullable().describe('who gets them by mail; null = only subscribers to the topic'),
    metricMath: z.boolean().describe('alarms computed from two metrics, which the emulator does not support'),
    durationShare: share.describe("how much of its timeout a function's 99th percentile may take"),
    iteratorAgeMinutes: positive.describe('how old the oldest unread trip event may be'),
    archiveAgeMinutes: positive.describe('how old the oldest prediction not yet archived may be'),
    quarantineShare: share.describe('how many of the incoming records may be bad'),
  })
  .describe('when an alarm goes off, and who is notified');

export const budget = z
  .strictObject({ monthlyDollars: z.number().positive().nullable() })
  .describe('for the whole account; notices go out at 80% spent, and when the forecast exceeds it. null = no budget');
