import { z } from 'zod';
import { positive } from '../values.ts';

const origin = z.string().regex(/^https:\/\/[a-z0-9.-]+(:\d+)?$/, 'an origin: https:// and a host, without a path');

export const api = z
  .strictObject({
    authorization: z.enum(['none', 'iam', 'jwt']).describe('of every route but /health'),
    jwt: z
      .strictObject({ issuer: z.url({ protocol: /^https$/ }), audience: z.array(z.string().min(1)).min(1) })
      .nullable()
      .describe('whose tokens count; null unless authorization is jwt'),
    openBecause: z.string().min(10).nullable().describe('why the API may be open to everyone although it is on AWS'),
    allowedOrigins: z.array(origin).describe("other sites whose scripts may read the API's answers"),
    requestsPerSecond: positive,
    burst: positive,
  })
  .refine(({ authorization, jwt }) => (authorization === 'jwt') === (jwt !== null), {
    path: ['jwt'],
    message: 'issuer and audience if api.authorization is jwt, else null',
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
