import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ModelSource } from '#registry/model-source.ts';
import { createApp } from '#serving/app.ts';
import { batchAnswerSchema } from '#serving/batch-request.ts';
import { publisher } from '#serving/publisher.ts';
import { type Records, soleModelRecords } from '#serving/records.ts';
import { predictAnswerSchema } from '#serving/request.ts';
import { zonesAnswerSchema } from '#serving/zone-list.ts';
import { CLONE } from '#setup/paths.mjs';
import { type PredictionRecord, predictionRecordSchema } from '#streaming/prediction-record.ts';
import type { StreamEntry } from '#streaming/publish.ts';
import { aRun } from '../../support/a-run.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const UUID = '0b8e7a52-1d4c-4d0c-9f0e-6a1f3f0c2b11';
const golden = {
  rides: [],
  predictions: { predicted_duration: [], interval_low: [], interval_high: [], interval80_low: [], interval80_high: [] },
  exact: [],
};
const RIDE = { PULocationID: 130, DOLocationID: 205, trip_distance: 3.66 };

interface AnApi {
  readonly model?: ModelSource;
  readonly publish?: () => Promise<void>;
  readonly records?: Records;
  readonly at?: string;
}

/** The API at half past eight in New York, with a model that a test can take away and a stream that it can break. */
function anApi({
  model = aModel(),
  publish,
  records = soleModelRecords('green', undefined),
  at = '2023-04-03T12:30:00Z',
}: AnApi = {}) {
  const published: PredictionRecord[] = [];
  const reported: unknown[] = [];
  const app = createApp({
    model,
    modelName: 'ride_duration_prediction_model',
    codeVersion: 'v1',
    clock: new ManualClock(Date.parse(at)),
    newUuid: () => UUID,
    records,
    docs: async (name) => new TextEncoder().encode(name),
    publish: publish ?? (async (records) => void published.push(...records)),
    onPublishFailed: (error) => reported.push(error),
    onAnswered: (kind, count) => reported.push(...(count === 0 ? ['nothing'] : Array(count).fill(kind))),
    onError: (error) => reported.push(error),
  });
  const post = async (body: unknown, headers: Record<string, string> = {}, path = '/predict') => {
    const response = await app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const predict = async (ride: unknown) => predictAnswerSchema.parse((await post(ride)).body);
  return { app, post, predict, published, reported };
}

const aModel = (): ModelSource => ({ current: async () => ({ runId: aRun('a'), scorer: aScorer(), golden }) });
const noModel: ModelSource = { current: () => Promise.reject(new Error('There is no champion for green taxis')) };

describe('POST /predict', () => {
  test('answers a ride with its duration, interval, and what was assumed', async () => {
    const { status, body } = await anApi().post(RIDE);
    expect(status).toBe(200);
    expect(body).toEqual({
      predicted_duration: expect.closeTo(18.718, 5),
      interval: [expect.closeTo(16.718, 5), expect.closeTo(20.718, 5)],
      distance_source: 'given',
      pickup_datetime_used: '2023-04-03T08:30:00',
      model_version: 'a'.repeat(32),
      prediction_id: `api/${UUID}`,
    });
  });

  test.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/jsonp', 415],
    ['application/json; charset=latin1', 415],
    ['application/json; charset=UTF-8', 200],
    ['Application/JSON', 200],
    ['application/vnd.rides+json', 200],
  ])('answers a body of type %s with %i', async (type, status) => {
    const { status: answered } = await anApi().post(RIDE, { 'content-type': type });
    expect(answered).toBe(status);
  });

  test('takes a body without a type as JSON, and no compressed one', async () => {
    const { app, post } = anApi();
    const body = new TextEncoder().encode(JSON.stringify(RIDE));
    expect((await app.request('/predict', { method: 'POST', body })).status).toBe(200);
    expect((await post(RIDE, { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  test.each([
    ['1900-01-01T00:00:00', 422],
    ['1970-01-01T00:00:00', 200],
    ['2100-12-31T23:59:59', 200],
    ['10000-01-01T00:00:00', 422],
    ['2023-02-29T08:30:00', 422],
  ])('answers a pickup at %s with %i', async (pickup_datetime, status) => {
    expect((await anApi().post({ ...RIDE, pickup_datetime })).status).toBe(status);
  });

  test.each([
    ['2023-11-05T06:30:00Z', '2023-11-05T01:30:00'],
    ['2023-03-12T07:00:00Z', '2023-03-12T03:00:00'],
    ['2023-04-03 17:05', '2023-04-03T17:05:00'],
  ])('reads %s as %s in New York', async (pickup_datetime, used) => {
    expect((await anApi().predict({ ...RIDE, pickup_datetime })).pickup_datetime_used).toBe(used);
  });

  test.each([undefined, null])('lets the typical distance stand in for %s', async (trip_distance) => {
    expect((await anApi().predict({ ...RIDE, trip_distance })).distance_source).toBe('typical');
  });

  test('sends a ride that has a ride_id to the predictions stream', async () => {
    const { predict, published, reported } = anApi();
    const body = await predict({ ...RIDE, ride_id: 'r-1' });
    expect(published.map((record) => predictionRecordSchema.parse(record))).toEqual([
      {
        model: 'ride_duration_prediction_model',
        version: 'a'.repeat(32),
        prediction: {
          ride_duration: body.predicted_duration,
          ride_id: 'r-1',
          interval: body.interval,
          distance_source: 'given',
        },
        prediction_id: body.prediction_id,
        predicted_at: '2023-04-03T12:30:00.000Z',
        source: 'api',
      },
    ]);
    expect(reported).toEqual(['ride']);
  });

  test('sends no question there, and counts it', async () => {
    const { post, published, reported } = anApi();
    await post(RIDE);
    expect(published).toEqual([]);
    expect(reported).toEqual(['question']);
  });

  test('answers also when the stream does not take the copy, and reports that', async () => {
    const sink = { putRecords: async () => ['ProvisionedThroughputExceededException'] };
    const send = publisher(sink, new ManualClock());
    const record = predictionRecordSchema.parse({
      ...{ model: 'm', version: 'v', prediction_id: 'api/1', predicted_at: '2023-04-03T12:30:00Z', source: 'api' },
      prediction: { ride_duration: 1, ride_id: 1, interval: [1, 2], distance_source: 'given' },
    });
    const { post, reported } = anApi({ publish: () => send([record]) });
    expect((await post({ ...RIDE, ride_id: 1 })).status).toBe(200);
    expect(reported).toEqual([expect.objectContaining({ message: expect.stringContaining('Throughput') }), 'ride']);
  });

  test('publishes a ride_id of 256 emoji as the stream takes it', async () => {
    const keys: string[] = [];
    const sink = {
      putRecords: async (all: readonly StreamEntry[]) => {
        keys.push(...all.map(({ partitionKey }) => partitionKey));
        return all.map(() => undefined);
      },
    };
    const send = publisher(sink, new ManualClock());
    const { post, reported, published } = anApi();
    await post({ ...RIDE, ride_id: '😀'.repeat(256) });
    await send(published);
    expect(keys).toEqual(['😀'.repeat(128)]);
    expect(reported).toEqual(['ride']);
  });

  test.each([
    [{ ...RIDE, PULocationID: '130' }, 'PULocationID', 'wrong-type', 'the string "130"'],
    [{ ...RIDE, DOLocationID: 266 }, 'DOLocationID', 'out-of-range', 'is 266'],
    [{ DOLocationID: 205 }, 'PULocationID', 'missing', 'is missing'],
    [{ ...RIDE, trip_distance: -1 }, 'trip_distance', 'out-of-range', 'is -1'],
    [{ ...RIDE, pickup_datetime: 'soon' }, 'pickup_datetime', 'not-a-time', 'the string "soon"'],
    [{ ...RIDE, ride_id: 2 ** 53 }, 'ride_id', 'out-of-range', 'is 9007199254740992'],
  ])('refuses %j, naming field and reason', async (ride, field, reason, said) => {
    const { status, body } = await anApi().post(ride);
    expect(status).toBe(422);
    expect(body).toMatchObject({
      error: 'invalid',
      message: expect.stringContaining(field),
      problems: [{ field, reason, message: expect.stringContaining(said) }],
    });
  });

  test('describes a problem as RFC 9457 does, with the older names next to it', async () => {
    const { headers, body } = await anApi().post({ ...RIDE, DOLocationID: 0 });
    expect(headers.get('content-type')).toBe('application/problem+json');
    const detail = 'DOLocationID is 0: send the zone where the ride ends, an integer from 1 to 265, as a JSON number';
    expect(body).toEqual({
      type: 'urn:problem-type:tripcast:invalid',
      title: 'The request breaks a rule',
      status: 422,
      detail,
      error: 'invalid',
      message: detail,
      problems: [{ reason: 'out-of-range', field: 'DOLocationID', message: detail }],
    });
  });

  test('refuses what is JSON but no object', async () => {
    expect(await anApi().post('[1]')).toMatchObject({ status: 422, body: { problems: [{ reason: 'not-an-object' }] } });
  });

  test.each(['', '{"PULocationID":130', 'PULocationID=130', '{"trip_distance":NaN}'])(
    'answers 400 to %j',
    async (text) => {
      expect(await anApi().post(text)).toMatchObject({ status: 400, body: { error: 'not-json' } });
    },
  );

  test('answers 400 to bytes that are not UTF-8, as the stream refuses them', async () => {
    const [before, after] = JSON.stringify({ ...RIDE, ride_id: '|' }).split('|');
    const body = (byte: Uint8Array) => Buffer.concat([Buffer.from(before ?? ''), byte, Buffer.from(after ?? '')]);
    expect((await anApi().post(body(Buffer.from('é')))).status).toBe(200);
    expect(await anApi().post(body(Uint8Array.of(0xff)))).toMatchObject({ status: 400, body: { error: 'not-json' } });
  });

  test('answers 413 to a body over 16 KB, and takes one of exactly 16 KB', async () => {
    const body = JSON.stringify(RIDE);
    expect((await anApi().post(body.padEnd(16 * 1024))).status).toBe(200);
    expect(await anApi().post(body.padEnd(16 * 1024 + 1))).toMatchObject({ status: 413, body: { error: 'too-large' } });
  });

  test('answers 503 with the reason when there is no model', async () => {
    expect(await anApi({ model: noModel }).post(RIDE)).toMatchObject({
      status: 503,
      body: { error: 'unavailable', message: 'There is no champion for green taxis' },
    });
  });

  test('answers 500 in JSON, and reports, when the model fails', async () => {
    const broken = { ...aScorer(), score: () => Promise.reject(new Error('the graph broke')) };
    const { post, reported } = anApi({
      model: { current: async () => ({ runId: aRun('a'), scorer: broken, golden }) },
    });
    expect(await post(RIDE)).toMatchObject({ status: 500, body: { error: 'internal' } });
    expect(reported).toEqual([expect.objectContaining({ message: 'the graph broke' })]);
  });

  test('scores rides that arrive together with one call of the model, and tells their answers apart', async () => {
    const scorer = aScorer();
    const { predict, published, reported } = anApi({
      model: { current: async () => ({ runId: aRun('a'), scorer, golden }) },
    });
    const answers = await Promise.all([
      predict(RIDE),
      predict({ ...RIDE, PULocationID: 140, ride_id: 'r-1' }),
      predict({ ...RIDE, trip_distance: null }),
    ]);
    expect(scorer.calls).toEqual([3]);
    expect(answers.map((each) => each.predicted_duration.toFixed(3))).toEqual(['18.718', '19.718', '20.058']);
    expect(answers.map((each) => each.distance_source)).toEqual(['given', 'given', 'typical']);
    expect(published.map((each) => each.prediction_id)).toEqual([answers[1]?.prediction_id]);
    expect(reported).toEqual(['ride', 'question', 'question']);
  });

  test.each([
    [200, RIDE],
    [400, '{'],
    [413, ' '.repeat(16 * 1024 + 1)],
    [415, RIDE, { 'content-type': 'text/plain' }],
    [422, {}],
    [503, RIDE, {}, noModel],
  ])('answers %i with the security headers', async (status, body, headers = {}, model = aModel()) => {
    const answer = await anApi({ model }).post(body, headers);
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'none'/),
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });
});

describe('the prediction_id', () => {
  const idOf = async (ride: object, at?: string) =>
    (await anApi(at === undefined ? {} : { at }).predict({ ...RIDE, ...ride })).prediction_id;

  test('of a ride is the same all day in New York, whatever else is sent with it', async () => {
    const first = await idOf({ ride_id: 'r-1' }, '2023-04-03T04:00:00Z'); // midnight in New York
    // `printf 'ride_duration_prediction_model\n2023-04-03\nr-1' | sha256sum`, with version and variant of a UUID 8
    expect(first).toBe('api/6ed8ee69-7264-8f81-9545-d83aab593dc2');
    expect(await idOf({ ride_id: 'r-1', trip_distance: 9 }, '2023-04-04T03:59:59Z')).toBe(first);
    expect(await idOf({ ride_id: 'r-1' }, '2023-04-04T04:00:00Z')).not.toBe(first);
    expect(await idOf({ ride_id: 'r-2' }, '2023-04-03T04:00:00Z')).not.toBe(first);
  });

  test('is the same for 156 and "156", as they are the same ride to a label', async () => {
    expect(await idOf({ ride_id: 156 })).toBe(await idOf({ ride_id: '156' }));
  });

  test('does not change with the model', async () => {
    const model = { current: async () => ({ runId: aRun('b'), scorer: aScorer({ shift: 1 }), golden }) };
    const again = await anApi({ model }).predict({ ...RIDE, ride_id: 1 });
    expect(again.prediction_id).toBe(await idOf({ ride_id: 1 }));
    expect(again.model_version).toBe('b'.repeat(32));
  });
});

describe('POST /predict/batch', () => {
  const batch = (api: ReturnType<typeof anApi>, rides: unknown) => api.post({ rides }, {}, '/predict/batch');

  test('answers each ride as POST /predict does, in order, with one call of the model', async () => {
    const scorer = aScorer();
    const api = anApi({ model: { current: async () => ({ runId: aRun('a'), scorer, golden }) } });
    const rides = Array.from({ length: 1000 }, (_, i) => ({
      PULocationID: 1 + (i % 265),
      DOLocationID: 265 - (i % 265),
      ...(i % 3 !== 0 && { trip_distance: i / 100 }),
      pickup_datetime: `2023-04-03T${String(i % 24).padStart(2, '0')}:00:00`,
      ride_id: i,
    }));
    const { status, body } = await batch(api, rides);
    expect(scorer.calls).toEqual([1000]);
    expect(status).toBe(200);
    const { answers, ...rest } = batchAnswerSchema.parse(body);
    expect(rest).toEqual({ model_version: 'a'.repeat(32), predicted: 1000, refused: 0 });
    for (const i of [0, 1, 500, 999]) {
      expect(answers[i]).toEqual({ outcome: 'predicted', ...(await anApi().predict(rides[i])) });
    }
    expect(api.published.map(({ prediction }) => prediction.ride_id)).toEqual(rides.map(({ ride_id }) => ride_id));
    expect(api.published[500]?.prediction.ride_duration).toBe(
      answers[500]?.outcome === 'predicted' ? answers[500].predicted_duration : undefined,
    );
  });

  test('refuses rides that break a rule, each by itself, and counts and publishes the others', async () => {
    const api = anApi();
    const { body } = await batch(api, [RIDE, { ...RIDE, PULocationID: 300 }, 7, { ...RIDE, ride_id: 'r' }]);
    expect(body).toMatchObject({
      predicted: 2,
      refused: 2,
      answers: [
        { outcome: 'predicted' },
        { outcome: 'refused', problems: [{ field: 'PULocationID', reason: 'out-of-range' }] },
        { outcome: 'refused', problems: [{ reason: 'not-an-object' }] },
        { outcome: 'predicted', predicted_duration: expect.closeTo(18.718, 5) },
      ],
    });
    expect(api.published.map(({ prediction }) => prediction.ride_id)).toEqual(['r']);
    expect(api.reported).toEqual(['ride', 'question']);
  });

  test.each([
    [[RIDE], 'not-an-object', 'The body is not a JSON object'],
    [{}, 'missing', 'rides is missing: send an array of 1 to 1,000 rides'],
    [{ rides: RIDE }, 'wrong-type', 'rides is not an array'],
    [{ rides: [] }, 'out-of-range', 'rides has 0 rides'],
    [{ rides: Array(1001).fill({}) }, 'out-of-range', 'rides has 1001 rides'],
    [{ rides: Array(10_000).fill({}) }, 'out-of-range', 'rides has 10000 rides'],
  ])('refuses %.60j as a whole', async (body, reason, message) => {
    expect(await anApi().post(body, {}, '/predict/batch')).toMatchObject({
      status: 422,
      body: { problems: [{ reason, message: expect.stringContaining(message) }] },
    });
  });

  test('answers 413 to 10,000 whole rides: more than a megabyte', async () => {
    const rides = Array(10_000).fill({ ...RIDE, pickup_datetime: '2023-04-03T08:30:00', ride_id: 'r'.repeat(20) });
    expect(await batch(anApi(), rides)).toMatchObject({ status: 413, body: { error: 'too-large' } });
  });

  test('answers a batch of nothing but mistakes without the model', async () => {
    const broken = { ...aScorer(), score: () => Promise.reject(new Error('not to be called')) };
    const model = { current: async () => ({ runId: aRun('a'), scorer: broken, golden }) };
    expect((await batch(anApi({ model }), [{}])).body).toMatchObject({ predicted: 0, refused: 1 });
  });
});

describe('the rest of the API', () => {
  test('GET /zones lists them as TLC does', async () => {
    const response = await anApi().app.request('/zones');
    const rows = readFileSync(join(CLONE, 'data/zones/taxi_zone_lookup.csv'), 'utf8').trim().split('\n').slice(1);
    const { zones } = zonesAnswerSchema.parse(await response.json());
    expect(zones.map(({ id, borough, name }) => `${id},"${borough}","${name}"`)).toEqual(
      rows.map((row) => row.split(',"').slice(0, 3).join(',"').trim()),
    );
  });

  test('GET /models/champion is 404 when there is none', async () => {
    const response = await anApi().app.request('/models/champion');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: 'not-found', status: 404 });
  });

  test('a failure to read the records is a 500 that does not say more, and is reported', async () => {
    const failing = () => Promise.reject(new Error('AccessDenied: arn:aws:s3:::secret'));
    const { app, reported } = anApi({ records: { champion: failing, history: failing, months: failing } });
    for (const path of ['/models/champion', '/models/history', '/months']) {
      const response = await app.request(path);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain('secret');
    }
    expect(reported).toHaveLength(3);
  });

  test('a method that a path does not take is 405, with those that it takes', async () => {
    const { app } = anApi();
    for (const [method, path, allow] of [
      ['GET', '/predict', 'POST'],
      ['DELETE', '/zones', 'GET'],
      ['OPTIONS', '/predict/batch', 'POST'],
    ] as const) {
      const response = await app.request(path, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    }
  });

  test.each(['/', '/predict', '/zones', '/health', '/docs', '/docs/swagger-ui.css', '/openapi.json', '/months'])(
    '%s carries the security headers, and no CORS header',
    async (path) => {
      const { headers } = await anApi().app.request(path, { headers: { origin: 'https://elsewhere.example' } });
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*/);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  test('the page of the documentation has no script of its own in it', async () => {
    const page = await (await anApi().app.request('/docs')).text();
    expect(page.match(/<script[^>]*>/g)).toEqual([
      '<script src="docs/swagger-ui-bundle.js">',
      '<script src="docs/start.js">',
    ]);
    expect(page).not.toMatch(/https?:|style=|onload/);
  });

  test.each([
    '/docs/../package.json',
    '/docs/..%2fpackage.json',
    '/docs/%2e%2e/%2e%2e/etc/passwd',
    '/docs/swagger-ui.css%00.js',
    '/docs//etc/passwd',
    '/docs/package.json',
    '/..%5c..%5cwindows',
  ])('%s leads to no file', async (path) => {
    const { app } = anApi();
    expect((await app.request(path)).status).toBe(404);
  });

  test('what a caller sends ends up in no header, and in no page', async () => {
    const script = '<script>alert(1)</script>\r\nSet-Cookie: a=b';
    const { post, app } = anApi();
    const { headers, body } = await post({ ...RIDE, PULocationID: script });
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect([...headers.keys()]).not.toContain('set-cookie');
    expect(JSON.stringify(body)).toContain('<script>alert(1)</script>'); // as data, which nosniff keeps from being run
    const missing = await app.request(`/${encodeURIComponent(script)}`);
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-type')).toBe('application/problem+json');
    expect([...missing.headers.keys()]).not.toContain('set-cookie');
  });

  test('GET /health says which model and code serve', async () => {
    const response = await anApi().app.request('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok', model_version: 'a'.repeat(32), code_version: 'v1' });
  });

  test('GET /health says why there is no model', async () => {
    const response = await anApi({ model: noModel }).app.request('/health');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      status: 'unavailable',
      reason: 'There is no champion for green taxis',
    });
  });

  test('an unknown path is answered in JSON', async () => {
    const response = await anApi().app.request('/predictions');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: 'not-found' });
  });
});
