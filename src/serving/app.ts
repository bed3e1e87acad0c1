import { type Context, Hono } from 'hono';
import type { LoadedModel } from '#registry/model-source.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';
import { refusals } from '#trips/ride-event.ts';
import { type BatchAnswer, readBatch } from './batch-request.ts';
import { addDocs, type DocsFiles } from './docs.ts';
import { readJson } from './json-body.ts';
import { perTurn } from './per-turn.ts';
import { type PredictDeps, type Predicted, predictRides } from './predict.ts';
import { problemAnswer } from './problem.ts';
import type { Records } from './records.ts';
import { type PredictRequest, predictRequestSchema } from './request.ts';
import {
  batchRoute,
  championRoute,
  type Health,
  healthRoute,
  historyRoute,
  monthsRoute,
  predictRoute,
  zonesRoute,
} from './routes.ts';
import { jsonAnswer, securityHeaders } from './security-headers.ts';
import { zoneList } from './zone-list.ts';

export interface AppDeps extends PredictDeps {
  readonly codeVersion: string;
  readonly records: Records;
  /** Swagger UI's files, for /docs. */
  readonly docs: DocsFiles;
  /** Sends the answers for real rides to the predictions stream. */
  readonly publish: (records: readonly PredictionRecord[]) => Promise<void>;
  /** The caller still gets the answers. */
  readonly onPublishFailed: (error: unknown, records: readonly PredictionRecord[]) => void;
  /** `ride`: with a ride_id; `question`: without. */
  readonly onAnswered: (kind: 'ride' | 'question', count: number) => void;
  /** A request could not be answered, and the caller is not at fault. */
  readonly onError: (error: unknown) => void;
}

/** One ride needs a few hundred bytes, a thousand with the longest ids and text around them a megabyte. */
const RIDE_BYTES = 16 * 1024;
const BATCH_BYTES = 1024 * 1024;
/** Zones change once in years. */
const ZONES_AGE = 'max-age=86400';
/** A function reloads the champion within seconds; a first one takes as long as a training. */
const RETRY_SECONDS = '10';

/**
 * The API; the same in Lambda and in `tripcast serve`.
 * @example
 * const app = createApp(deps);
 * const body = JSON.stringify({ PULocationID: 130, DOLocationID: 205, trip_distance: 3.66 });
 * const response = await app.request('/predict', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
 */
export function createApp(deps: AppDeps): Hono {
  const app = new Hono();
  app.get('*', securityHeaders); // the POSTs make their answers with them

  const answerRide = perTurn(async (rides: readonly PredictRequest[]): Promise<readonly (Predicted | NoModel)[]> => {
    const model = await modelOrReason(deps);
    return 'reason' in model ? rides.map(() => model) : answerRides(rides, model, deps);
  });
  app.post(predictRoute.getRoutingPath(), async (c) => {
    const body = await readJson(c, RIDE_BYTES);
    if ('refused' in body) return body.refused;
    const request = predictRequestSchema.safeParse(body.json);
    if (!request.success) {
      const problems = refusals(request.error, body.json);
      return problemAnswer(c, 'invalid', problems.map(({ message }) => message).join('; '), { problems });
    }
    const predicted = await answerRide(request.data);
    return 'reason' in predicted ? unavailable(c, predicted.reason) : jsonAnswer(predicted.answer);
  });

  app.post(batchRoute.getRoutingPath(), async (c) => {
    const body = await readJson(c, BATCH_BYTES);
    if ('refused' in body) return body.refused;
    const batch = readBatch(body.json);
    if ('problems' in batch) {
      const { problems } = batch;
      return problemAnswer(c, 'invalid', problems.map(({ message }) => message).join('; '), { problems });
    }
    const model = await modelOrReason(deps);
    if ('reason' in model) return unavailable(c, model.reason);
    const rides = batch.rides.flatMap((each) => ('ride' in each ? [each.ride] : []));
    const predicted = rides.length === 0 ? [] : await answerRides(rides, model, deps);
    const answers = predicted.values();
    const answer: BatchAnswer = {
      model_version: model.runId,
      predicted: rides.length,
      refused: batch.rides.length - rides.length,
      answers: batch.rides.map((each) => {
        if ('problems' in each) return { outcome: 'refused', problems: [...each.problems] };
        const next = answers.next();
        if (next.done) throw new RangeError('The model answered fewer rides than it was given.');
        return { outcome: 'predicted', ...next.value.answer };
      }),
    };
    return jsonAnswer(answer);
  });

  const zones = JSON.stringify(zoneList());
  app.get(zonesRoute.getRoutingPath(), (c) =>
    c.body(zones, 200, { 'content-type': 'application/json', 'cache-control': ZONES_AGE }),
  );

  app.get(championRoute.getRoutingPath(), async (c) => {
    const champion = await deps.records.champion();
    return champion === undefined
      ? problemAnswer(c, 'not-found', 'No run has been promoted, or the model that is served has no card')
      : c.json(champion);
  });
  app.get(historyRoute.getRoutingPath(), async (c) => c.json(await deps.records.history()));
  app.get(monthsRoute.getRoutingPath(), async (c) => c.json(await deps.records.months()));

  app.get(healthRoute.getRoutingPath(), async (c) => {
    const code_version = deps.codeVersion;
    const model = await modelOrReason(deps);
    return 'reason' in model
      ? c.json({ status: 'unavailable', reason: model.reason, code_version } satisfies Health, 503)
      : c.json({ status: 'ok', model_version: model.runId, code_version } satisfies Health);
  });

  addDocs(app, deps.docs);

  app.notFound((c) => {
    const methods = app.routes.flatMap(({ method, path }) => (method !== 'ALL' && path === c.req.path ? [method] : []));
    const allow = methods.join(', ');
    return allow === ''
      ? problemAnswer(c, 'not-found', `There is no ${c.req.method} ${c.req.path}`)
      : problemAnswer(c, 'method-not-allowed', `${c.req.path} takes ${allow}`, { headers: { allow } });
  });
  app.onError((error, c) => {
    deps.onError(error);
    return problemAnswer(c, 'internal', 'The request failed; the log has the reason');
  });
  return app;
}

const unavailable = (c: Context, reason: string) =>
  problemAnswer(c, 'unavailable', reason, { headers: { 'retry-after': RETRY_SECONDS } });

/** Predicts rides, publishes the real ones and counts all. */
async function answerRides(
  rides: readonly PredictRequest[],
  model: LoadedModel,
  deps: AppDeps,
): Promise<readonly Predicted[]> {
  const predicted = await predictRides(rides, model, deps);
  const records = predicted.flatMap(({ record }) => (record === undefined ? [] : [record]));
  if (records.length > 0) {
    await deps.publish(records).catch((error: unknown) => deps.onPublishFailed(error, records));
    deps.onAnswered('ride', records.length);
  }
  if (records.length < rides.length) deps.onAnswered('question', rides.length - records.length);
  return predicted;
}

interface NoModel {
  readonly reason: string;
}

/** Having no model is reported to callers, along with what to do about it. */
async function modelOrReason({ model, onError }: AppDeps): Promise<LoadedModel | NoModel> {
  try {
    return await model.current();
  } catch (error) {
    onError(error);
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
