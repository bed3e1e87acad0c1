import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readStream } from '#adapters/kinesis.ts';
import { invokeFunction } from '#adapters/lambda.ts';
import { type Receipt, receiptSchema } from '#batch/receipts.ts';
import { connect, type Deployment } from '#cli/context.ts';
import type { FunctionName } from '#lib/config/functions.ts';
import { functionName } from '#lib/config/names.ts';
import { ModelProtoSchema } from '#model/onnx/gen/onnx-ml_pb.js';
import { CLONE } from '#setup/paths.mjs';
import { parseS3Uri } from '#storage/layout.ts';
import type { TrainingOutcome } from '#training/training-job.ts';
import { trainedInImage } from './a-champion.ts';
import { FunctionInImage, SERVING_IMAGE } from './function-in-image.ts';
import { HeldEndpoint } from './held-endpoint.ts';

let to: Deployment;
let champion: TrainingOutcome;
let runId: string;
beforeAll(async () => {
  to = await connect('dev');
  champion = await trainedInImage(to);
  runId = champion.run_id;
});

const inZip = (name: FunctionName, event: unknown) => invokeFunction(functionName('dev', name), event);
const inImage = async (name: FunctionName, event: unknown) => {
  await using there = new FunctionInImage(name);
  return await there.answer(event);
};
const GOLDEN = { check: 'golden-rides' };
const EVENT: unknown = JSON.parse(readFileSync(join(CLONE, 'test/events/kinesis.json'), 'utf8'));
const scoredSchema = z.object({
  predictions: z.array(z.looseObject({ prediction_id: z.string(), predicted_at: z.string() })),
  batchItemFailures: z.array(z.unknown()),
});

test.each(['stream-score', 'predict', 'score'] as const)(
  '%s answers its golden rides as the zip does',
  async (name) => {
    const answer = await inImage(name, GOLDEN);
    expect(answer).toEqual(await inZip(name, GOLDEN));
    expect(answer).toMatchObject({ run_id: runId, max_difference: 0 });
  },
);

test('a Kinesis event is scored as in the zip, and its predictions are on the stream', async () => {
  const image = scoredSchema.parse(await inImage('stream-score', EVENT));
  expect(await publishedIds(image.predictions.length)).toEqual(image.predictions.map((each) => each.prediction_id));
  const zip = scoredSchema.parse(await inZip('stream-score', EVENT));
  expect(image.predictions).toHaveLength(3);
  expect(untimed(image)).toEqual(untimed(zip));
});

test('a request is answered as in the zip', async () => {
  const ride = { PULocationID: 130, DOLocationID: 205, trip_distance: 3.66, pickup_datetime: '2023-04-03T08:30:00' };
  const answers = await Promise.all([inImage, inZip].map((invoke) => invoke('predict', aRequest(ride))));
  const [image, zip] = answers.map((answer) => {
    const { statusCode, body } = z.object({ statusCode: z.int(), body: z.string() }).parse(answer);
    return { statusCode, ...JSON.parse(body), prediction_id: 'another each time' };
  });
  expect(image).toMatchObject({ statusCode: 200, model_version: runId });
  expect(image).toEqual(zip);
});

test.for(['tripcast', 'onnxruntime'])('golden rides get the same answers with %s as the engine', async (engine) => {
  await using predict = new FunctionInImage('predict', { env: { SCORING_ENGINE: engine } });
  expect(await predict.answer(GOLDEN)).toMatchObject({ run_id: runId, max_difference: 0 });
});

describe('in the image that serves without onnxruntime', () => {
  const serving = (name: FunctionName, env: Readonly<Record<string, string>>) =>
    new FunctionInImage(name, { image: SERVING_IMAGE, env });

  test.for(['stream-score', 'predict', 'score'] as const)('%s answers its golden rides', async (name) => {
    await using there = serving(name, { SCORING_ENGINE: 'tripcast' });
    expect(await there.answer(GOLDEN)).toMatchObject({ run_id: runId, max_difference: 0 });
  });

  test('a model that the engine refuses is an error that names the setting', async () => {
    const location = `s3://${to.models.bucket}/${await aNewerModel()}`;
    await using there = serving('predict', { SCORING_ENGINE: 'tripcast', MODEL_LOCATION: location, RUN_ID: runId });
    expect(await there.invoke(GOLDEN)).toMatchObject({
      kind: 'error',
      error: {
        errorMessage: expect.stringMatching(
          /^The engine does not run this model: version 99 of the operator set ai\.onnx\..* set "engine": "auto"/,
        ),
      },
    });
  });

  test('so is asking for onnxruntime', async () => {
    await using there = serving('predict', { SCORING_ENGINE: 'onnxruntime' });
    expect(await there.invoke(GOLDEN)).toMatchObject({
      kind: 'error',
      error: { errorMessage: expect.stringMatching(/^onnxruntime does not load here: .*"engine": "tripcast"/) },
    });
  });
});

/** The champion for a version of ONNX that nothing knows yet. @returns the key of its folder */
async function aNewerModel(): Promise<string> {
  const { key: file = '' } = parseS3Uri(champion.model ?? '') ?? {};
  const folder = file.replace(/model\.onnx$/, '');
  const body = async (name: string) => (await to.models.get(`${folder}${name}`))?.body ?? new Uint8Array();
  const graph = fromBinary(ModelProtoSchema, await body('model.onnx'));
  for (const each of graph.opsetImport) if (each.domain === '') each.version = 99n;
  await to.models.put('newer/model.onnx', toBinary(ModelProtoSchema, graph));
  await to.models.put('newer/golden.json', await body('golden.json'));
  return 'newer/model.onnx';
}

test('a month is planned and scored to the same bytes as in the zip', async () => {
  const request = { month: '2023-04', scheduledTime: '2023-05-15T00:00:00Z' };
  const plan = await inImage('plan', request);
  expect(plan).toEqual(await inZip('plan', request));
  const { months } = z.object({ months: z.tuple([z.looseObject({ present: z.literal(true) })]) }).parse(plan);
  const [job] = months;
  const image = await receiptOf(await inImage('score', job));
  const zip = await receiptOf(await inZip('score', { ...job, force: true }));
  expect(image.rows).toMatchObject({ in: 65_392, scored: 62_979 });
  expect(image.errors?.rmse).toBeCloseTo(6.2212029, 6);
  expect(zip.started_at).not.toBe(image.started_at); // it scored again
  expect(zip.output.sha256).toBe(image.output.sha256);
});

describe('bad input', () => {
  test.each<[FunctionName, unknown]>([
    ['plan', { month: 'April' }],
    ['score', {}],
    ['train', { recipe: 'guess', train: { from: '2023-03', to: '2023-03' } }],
    ['stream-score', { Records: 'none' }],
  ])('makes %s fail with the same message as in the zip, and the next call works', async (name, event) => {
    await using there = new FunctionInImage(name);
    const outcome = await there.invoke(event);
    const message = outcome.kind === 'error' ? outcome.error.errorMessage : JSON.stringify(outcome);
    await expect(inZip(name, event)).rejects.toThrow(message);
    expect(await there.invoke(event)).toMatchObject({ kind: 'error', error: { errorMessage: message } });
  });

  test("is reported to the API's caller", async () => {
    const answer = await inImage('predict', aRequest({ PULocationID: '130', DOLocationID: 205 }));
    expect(answer).toMatchObject({
      statusCode: 422,
      body: expect.stringContaining('send the zone where the ride starts'),
    });
  });
});

describe('a service that hangs', () => {
  const seconds = 4;

  test('makes a function time out, and its next invocation starts fresh', async () => {
    await using way = await HeldEndpoint.before(process.env.AWS_ENDPOINT_URL ?? '');
    await using predict = new FunctionInImage('predict', {
      env: { AWS_ENDPOINT_URL: way.url },
      timeoutSeconds: seconds,
    });
    way.hold(true);
    expect(await predict.invoke(GOLDEN)).toEqual({ kind: 'timeout', seconds });
    way.hold(false);
    expect(await predict.answer(GOLDEN)).toMatchObject({ run_id: runId });
  });

  test('lets stream-score answer in time, asking for every unpublished record to be delivered again', async () => {
    await using way = await HeldEndpoint.before(process.env.AWS_ENDPOINT_URL ?? '');
    const env = { AWS_ENDPOINT_URL: way.url, MODEL_REFRESH_SECONDS: '3600' };
    await using score = new FunctionInImage('stream-score', { env, timeoutSeconds: seconds });
    expect(await score.answer(GOLDEN)).toMatchObject({ run_id: runId });
    way.hold(true);
    expect(scoredSchema.parse(await score.answer(EVENT)).batchItemFailures).toHaveLength(3);
  });
});

const untimed = ({ predictions, ...rest }: z.infer<typeof scoredSchema>) => ({
  ...rest,
  predictions: predictions.map((prediction) => ({ ...prediction, predicted_at: 'now' })),
});

/** The ids of the newest predictions, in order. */
async function publishedIds(count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  const enough = new AbortController();
  const stream = readStream(to.output('PredictionsStreamName'), { from: 'oldest', signal: enough.signal });
  for await (const { data } of stream) {
    ids.push(z.object({ prediction_id: z.string() }).parse(JSON.parse(Buffer.from(data).toString())).prediction_id);
    if (ids.length === count) enough.abort();
  }
  return ids;
}

async function receiptOf(outcome: unknown): Promise<Receipt> {
  const { receipt } = z.object({ receipt: z.string() }).parse(outcome);
  const object = await to.data.get(parseS3Uri(receipt)?.key ?? '');
  return receiptSchema.parse(JSON.parse(Buffer.from(object?.body ?? []).toString()));
}

/** What an HTTP API passes to its function (payload format 2.0). */
const aRequest = (body: unknown) => ({
  version: '2.0',
  routeKey: 'POST /predict',
  rawPath: '/predict',
  rawQueryString: '',
  headers: { 'content-type': 'application/json', host: 'api.example.com' },
  requestContext: {
    accountId: '000000000000',
    apiId: 'api',
    domainName: 'api.example.com',
    http: { method: 'POST', path: '/predict', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
    requestId: 'request',
    routeKey: 'POST /predict',
    stage: '$default',
    time: '03/Apr/2023:12:30:00 +0000',
    timeEpoch: 1_680_525_000_000,
  },
  body: JSON.stringify(body),
  isBase64Encoded: false,
});
