import { z } from 'zod';
import { positive } from '../values.ts';

export const api = z.strictObject({
  authorization: z.enum(['none', 'iam']),
  requestsPerSecond: positive,
  burst: positive,
});

export const serving = z.strictObject({
  rollout: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('canary'),
        percent: z.int().min(1).max(99).describe('of the traffic goes to the new version first'),
        minutes: z.int().min(1).max(2880).describe('before the rest follows, unless an alarm goes off'),
      }),
      z.strictObject({ kind: z.literal('all-at-once') }),
    ])
    .describe('how a new version of the live functions gets its traffic; a canary needs CodeDeploy'),
});
