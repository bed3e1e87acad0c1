import type { Context } from 'hono';
import { FIELD_REASONS, type Refusal } from '#trips/ride-event.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { type Infer, z } from './zod.ts';

/** Each kind of answer that is not what the caller asked for. */
const KINDS = {
  'not-json': { status: 400, title: 'The body is not JSON' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body is not declared as JSON' },
  invalid: { status: 422, title: 'The request breaks a rule' },
  internal: { status: 500, title: 'The request failed' },
  unavailable: { status: 503, title: 'There is no model' },
} as const;
export type ProblemKind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as [ProblemKind, ...ProblemKind[]];

/** What is wrong with a field: the same words as in the stream's quarantine. */
export const refusalSchema = z
  .object({
    reason: z.enum(FIELD_REASONS),
    field: z.string().optional().describe('its path; absent when the whole value is not an object'),
    message: z.string(),
  })
  .openapi('FieldProblem');

/** RFC 9457. `error` and `message` are older than that: they say the same as `type` and `detail`. */
export const problemSchema = z
  .object({
    type: z.string().describe('urn:problem-type:tripcast: and the kind of problem'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('what happened, and what to do'),
    error: z.enum(KIND_NAMES).describe('the kind of problem'),
    message: z.string().describe('the same as detail'),
    problems: z.array(refusalSchema).optional().describe('of invalid: each field and what is wrong with it'),
  })
  .openapi('Problem');

export type Problem = Infer<typeof problemSchema>;

export const PROBLEM_TYPE = 'application/problem+json';

/** Any answer that is not what was asked for, as RFC 9457 wants it. */
export function problemAnswer(
  c: Context,
  error: ProblemKind,
  detail: string,
  { problems, headers }: { readonly problems?: readonly Refusal[]; readonly headers?: Record<string, string> } = {},
): Response {
  const { status, title } = KINDS[error];
  const body: Problem = {
    type: `urn:problem-type:tripcast:${error}`,
    title,
    status,
    detail,
    error,
    message: detail,
    ...(problems && { problems: [...problems] }),
  };
  return c.body(JSON.stringify(body), status, { ...SECURITY_HEADERS, 'content-type': PROBLEM_TYPE, ...headers });
}
