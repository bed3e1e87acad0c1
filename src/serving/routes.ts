import { createRoute } from '@hono/zod-openapi';
import type { ZodType } from 'zod';
import { batchAnswerSchema, batchRequestSchema, MOST_RIDES } from './batch-request.ts';
import { PROBLEM_TYPE, problemSchema } from './problem.ts';
import { championAnswerSchema, historyAnswerSchema, monthsAnswerSchema } from './records.ts';
import { predictAnswerSchema, predictRequestSchema } from './request.ts';
import { type Infer, z } from './zod.ts';
import { zonesAnswerSchema } from './zone-list.ts';

/** What the API offers, from which /openapi.json is made; app.ts answers it. */

const healthSchema = z
  .object({ status: z.literal('ok'), model_version: z.string().describe('the run ID'), code_version: z.string() })
  .openapi('Health');
const unhealthySchema = z
  .object({ status: z.literal('unavailable'), reason: z.string(), code_version: z.string() })
  .openapi('NoModel');
export type Health = Infer<typeof healthSchema> | Infer<typeof unhealthySchema>;

const json = (description: string, schema: ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});
const problem = (description: string) => ({ description, content: { [PROBLEM_TYPE]: { schema: problemSchema } } });

/** AWS answers these itself, before the function is called. */
const gatewaySchema = z.object({ message: z.string() }).openapi('GatewayProblem');
const FROM_GATEWAY = {
  401: json('Not signed in (where the environment requires a token)', gatewaySchema),
  403: json('Not signed, or not allowed (where the environment requires it)', gatewaySchema),
  429: json('Too many requests: try again later', gatewaySchema),
};
const FAILED = problem('The request failed; the log has the reason');
const NO_MODEL = {
  ...problem('There is no model to answer with: try again later'),
  headers: z.object({ 'retry-after': z.string().describe('seconds') }),
};
const BODY_REFUSED = {
  400: problem('The body is not JSON in UTF-8'),
  413: problem('The body is too large'),
  415: problem('The body is not declared as plain JSON in UTF-8'),
  422: problem('A field breaks a rule; `problems` names each field and reason'),
};

export const predictRoute = createRoute({
  method: 'post',
  path: '/predict',
  operationId: 'predict',
  summary: 'Predict how long a ride takes',
  description:
    'A ride with a ride_id is a real one: its prediction is published, too. Sent again on the same day (in New York), it gets the same prediction_id.',
  request: { body: { required: true, content: { 'application/json': { schema: predictRequestSchema } } } },
  responses: {
    200: json('The prediction', predictAnswerSchema),
    ...BODY_REFUSED,
    ...FROM_GATEWAY,
    500: FAILED,
    503: NO_MODEL,
  },
});

export const batchRoute = createRoute({
  method: 'post',
  path: '/predict/batch',
  operationId: 'predictBatch',
  summary: `Predict up to ${MOST_RIDES} rides at once, all with the same model`,
  description: 'One answer for each ride, in the same order. A ride that breaks a rule is refused; the others are not.',
  request: { body: { required: true, content: { 'application/json': { schema: batchRequestSchema } } } },
  responses: {
    200: json('The predictions', batchAnswerSchema),
    ...BODY_REFUSED,
    ...FROM_GATEWAY,
    500: FAILED,
    503: NO_MODEL,
  },
});

export const zonesRoute = createRoute({
  method: 'get',
  path: '/zones',
  operationId: 'zones',
  summary: "TLC's taxi zones",
  responses: { 200: json('All zones, in the order of their ids', zonesAnswerSchema), ...FROM_GATEWAY },
});

export const championRoute = createRoute({
  method: 'get',
  path: '/models/champion',
  operationId: 'champion',
  summary: 'The champion: its model card, and how it was promoted',
  responses: {
    200: json('The champion', championAnswerSchema),
    ...FROM_GATEWAY,
    404: problem('No run has been promoted, or the model that is served has no card'),
    500: FAILED,
  },
});

export const historyRoute = createRoute({
  method: 'get',
  path: '/models/history',
  operationId: 'modelHistory',
  summary: 'All promotions, latest first',
  responses: { 200: json('The promotions', historyAnswerSchema), ...FROM_GATEWAY, 500: FAILED },
});

export const monthsRoute = createRoute({
  method: 'get',
  path: '/months',
  operationId: 'months',
  summary: 'The scored months, latest first: rows, errors, verdicts, reports',
  responses: { 200: json('The months', monthsAnswerSchema), ...FROM_GATEWAY, 500: FAILED },
});

export const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  operationId: 'health',
  summary: 'Whether there is a model to answer with',
  responses: {
    200: json('Ready', healthSchema),
    429: FROM_GATEWAY[429],
    503: json('Not ready', unhealthySchema),
  },
});

export const ROUTES = [
  predictRoute,
  batchRoute,
  zonesRoute,
  championRoute,
  historyRoute,
  monthsRoute,
  healthRoute,
] as const;
