import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { LoadedModel } from '#registry/model-source.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';
import { type Refusal, refusals } from '#trips/ride-event.ts';
import { type PredictDeps, predict } from './predict.ts';
import { predictRequestSchema } from './request.ts';

export interface AppDeps extends PredictDeps {
  readonly codeVersion: string;
  /** Sends the answer for a real ride to the predictions stream. */
  readonly publish: (record: PredictionRecord) => Promise<void>;
  /** The caller still gets the answer. */
  readonly onPublishFailed: (error: unknown, record: PredictionRecord) => void;
  /** `ride`: with a ride_id; `question`: without. */
  readonly onAnswered: (kind: 'ride' | 'question') => void;
  /** A request could not be answered, and the caller is not at fault. */
  readonly onError: (error: unknown) => void;
}

/** Any answer that is not a prediction. */
export interface Problem {
  readonly error: 'not-json' | 'too-large' | 'invalid' | 'not-found' | 'unavailable' | 'internal';
  readonly message: string;
  /** For `invalid`: what is wrong, field by field. */
  readonly problems?: readonly Refusal[];
}

const BODY_LIMIT = 16 * 1024;

/**
 * The API; the same in Lambda and in `tripcast serve`.
 * @example
 * const app = createApp(deps);
 * const body = JSON.stringify({ PULocationID: 130, DOLocationID: 205, trip_distance: 3.66 });
 * const response = await app.request('/predict', { method: 'POST', body }); // 200, 400, 413, 422, 500 or 503
 */
export function createApp(deps: AppDeps): Hono {
  const app = new Hono();

  app.get('/health', async (c) => {
    const model = await modelOrReason(deps);
    return 'reason' in model
      ? c.json({ status: 'unavailable', reason: model.reason, code_version: deps.codeVersion }, 503)
      : c.json({ status: 'ok', model_version: model.runId, code_version: deps.codeVersion });
  });

  const tooLarge = problem('too-large', `The body is larger than ${BODY_LIMIT} bytes; one ride needs a few hundred`);
  app.post('/predict', bodyLimit({ maxSize: BODY_LIMIT, onError: (c) => c.json(tooLarge, 413) }), async (c) => {
    const body = parseJson(await c.req.arrayBuffer());
    if (body === undefined) return c.json(problem('not-json', 'The body is not JSON in UTF-8'), 400);
    const request = predictRequestSchema.safeParse(body.json);
    if (!request.success) {
      const problems = refusals(request.error, body.json);
      return c.json(problem('invalid', problems.map(({ message }) => message).join('; '), problems), 422);
    }
    const model = await modelOrReason(deps);
    if ('reason' in model) return c.json(problem('unavailable', model.reason), 503);
    const { answer, record } = await predict(request.data, model, deps);
    if (record !== undefined) await deps.publish(record).catch((error) => deps.onPublishFailed(error, record));
    deps.onAnswered(record === undefined ? 'question' : 'ride');
    return c.json(answer);
  });

  app.notFound((c) => c.json(problem('not-found', `There is no ${c.req.method} ${c.req.path}`), 404));
  app.onError((error, c) => {
    deps.onError(error);
    return c.json(problem('internal', 'The prediction failed; the log has the reason'), 500);
  });
  return app;
}

const problem = (error: Problem['error'], message: string, problems?: readonly Refusal[]): Problem => ({
  error,
  message,
  ...(problems && { problems }),
});

/** Having no model is reported to callers, along with what to do about it. */
async function modelOrReason({ model, onError }: AppDeps): Promise<LoadedModel | { readonly reason: string }> {
  try {
    return await model.current();
  } catch (error) {
    onError(error);
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Like the stream, it refuses bytes that are not UTF-8 instead of substituting others. */
function parseJson(body: ArrayBuffer): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(utf8.decode(body)) };
  } catch {
    return undefined; // the caller answers 400
  }
}
