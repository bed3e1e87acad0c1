import { describe, expect, test } from 'vitest';
import type { ModelSource } from '#registry/model-source.ts';
import { createApp } from '#serving/app.ts';
import { publisher } from '#serving/publisher.ts';
import { predictAnswerSchema } from '#serving/request.ts';
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

/** The API at half past eight in New York, with a model that a test can take away and a stream that it can break. */
function anApi({ model = aModel(), publish }: { model?: ModelSource; publish?: () => Promise<void> } = {}) {
  const published: PredictionRecord[] = [];
  const reported: unknown[] = [];
  const app = createApp({
    model,
    modelName: 'ride_duration_prediction_model',
    codeVersion: 'v1',
    clock: new ManualClock(Date.parse('2023-04-03T12:30:00Z')),
    newUuid: () => UUID,
    publish: publish ?? (async (record) => void published.push(record)),
    onPublishFailed: (error) => reported.push(error),
    onAnswered: (kind) => reported.push(kind),
    onError: (error) => reported.push(error),
  });
  const post = async (body: unknown) => {
    const response = await app.request('/predict', {
      method: 'POST',
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
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
    const { post, reported } = anApi({ publish: () => send(record) });
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
    for (const record of published) await send(record);
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
});

describe('the rest of the API', () => {
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
