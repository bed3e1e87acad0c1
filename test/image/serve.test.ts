import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { invokeFunction } from '#adapters/lambda.ts';
import { connect } from '#cli/context.ts';
import { functionName } from '#lib/config/names.ts';
import { freePort } from '#local/ports.ts';
import { buildConsole } from '#packaging/console.ts';
import { SWAGGER_FILES } from '#serving/docs.ts';
import { pipelinesSchema } from '#serving/pipelines.ts';
import { CLONE, SWAGGER_PACKAGE } from '#setup/paths.mjs';
import { sha256 } from '#storage/sha256.ts';
import type { TrainingOutcome } from '#training/training-job.ts';
import { trainedInImage } from './a-champion.ts';
import { docker, FunctionInImage, IMAGE, LIKE_LAMBDA } from './function-in-image.ts';

const RIDE = { PULocationID: 130, DOLocationID: 205, trip_distance: 3.66, pickup_datetime: '2023-04-03T08:30:00' };

let run: TrainingOutcome;
let folder: string;
beforeAll(async () => {
  const to = await connect('dev');
  run = await trainedInImage(to);
  folder = join(mkdtempSync(join(tmpdir(), 'tripcast-serve-')), 'model');
  chmodSync(join(folder, '..'), 0o755); // the container runs as another user
  mkdirSync(folder);
  for (const { name, body } of await to.registry.staged(run.run_id).files()) writeFileSync(join(folder, name), body);
});
afterAll(() => rmSync(join(folder, '..'), { recursive: true }));

test('`serve` answers with a mounted model, without AWS, until it is stopped', async () => {
  await using api = await served({ MODEL_LOCATION: '/model/model.onnx', AWS_ENDPOINT_URL: '' }, [
    '--volume',
    `${folder}:/model:ro`,
  ]);
  expect(await api.health()).toMatchObject({ status: 'ok', model_version: run.run_id });
  const answer = await api.predict(RIDE);
  const deployed = await predictedBy(functionName('dev', 'predict'), RIDE);
  expect({ ...answer, prediction_id: '' }).toEqual({ ...deployed, prediction_id: '' });
  expect(await api.predict({ PULocationID: 0 })).toMatchObject({ error: 'invalid' });
  await expectConsole(api.get);
  expect(await api.stopped('SIGTERM')).toBe(0);
});

test('the predict function hands out the console, the documentation and the model as they are', async () => {
  await using predict = new FunctionInImage('predict');
  const get: Get = async (path) => {
    const answer = await predict.answer(anEvent('GET', path));
    const { statusCode, headers, body, isBase64Encoded } = answerSchema.parse(answer);
    return {
      status: statusCode,
      headers: new Headers(headers),
      body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
    };
  };
  await expectConsole(get);
  const { status, body } = await get('/pipelines');
  expect(status).toBe(200);
  expect(pipelinesSchema.parse(JSON.parse(body.toString())).pipelines).toHaveLength(4);
});

test('`serve` answers with a model in S3, given credentials', async () => {
  await using api = await served({ MODEL_LOCATION: run.model ?? '', ...credentials() });
  expect(await api.health()).toMatchObject({ status: 'ok', model_version: run.run_id });
  expect(await api.predict(RIDE)).toMatchObject({ model_version: run.run_id });
});

test.each([
  [{}, 'The variable MODEL_LOCATION is undefined'],
  [{ MODEL_LOCATION: '/nowhere' }, 'MODEL_LOCATION "/nowhere" has no readable'],
  [{ MODEL_LOCATION: '/nowhere', PORT: 'http' }, 'The variable PORT is "http"'],
])('`serve` with %j exits at once and says what to set', async (env, message) => {
  await expect(docker.run('run', '--rm', ...LIKE_LAMBDA, ...flags(env), IMAGE, 'serve')).rejects.toThrow(message);
});

type Get = (path: string) => Promise<{ readonly status: number; readonly headers: Headers; readonly body: Buffer }>;

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
};

/** Everything that a browser gets when it opens the page and the documentation. */
async function expectConsole(get: Get): Promise<void> {
  const read = async (path: string, type: string | undefined, policy: RegExp) => {
    const { status, headers, body } = await get(path);
    const [found, csp] = ['content-type', 'content-security-policy'].map((name) => headers.get(name));
    expect([path, status, found, csp]).toEqual([path, 200, type, expect.stringMatching(policy)]);
    return body;
  };
  const built = await buildConsole();
  const page = await read(
    '/',
    'text/html; charset=utf-8',
    /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/,
  );
  const assets = new Set([...page.toString().matchAll(/"(assets\/[^"]+)"/g)].map(([, path = '']) => path));
  expect(new Set(['index.html', ...assets])).toEqual(new Set(built.keys()));
  for (const path of assets) {
    const body = await read(`/${path}`, TYPES[path.split('.').at(-1) ?? ''], /^default-src 'none'; script-src 'self'/);
    expect(sha256(body), path).toBe(sha256(built.get(path) ?? Buffer.alloc(0)));
    if (path.includes('zones')) {
      expect(sha256(body)).toBe(sha256(readFileSync(join(CLONE, 'data/zones/taxi_zones.topojson'))));
    }
  }
  const docs = await read(
    '/docs',
    'text/html; charset=UTF-8',
    /^default-src 'none'; script-src 'self'; style-src 'self'/,
  );
  const [, ...files] = [...docs.toString().matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = '']) => path);
  expect(files).toEqual(['docs/swagger-ui.css', 'docs/swagger-ui-bundle.js', 'docs/start.js']);
  for (const path of files) {
    const body = await read(`/${path}`, TYPES[path.split('.').at(-1) ?? ''], /^default-src 'none'/);
    const name = SWAGGER_FILES.find((each) => path.endsWith(each));
    if (name !== undefined) expect(sha256(body), path).toBe(sha256(readFileSync(join(SWAGGER_PACKAGE, name))));
  }
  const model = await read(`/models/${run.run_id}/model.onnx`, 'application/octet-stream', /^default-src 'none'/);
  expect(sha256(model)).toBe(sha256(readFileSync(join(folder, 'model.onnx'))));
}

/** Starts `IMAGE serve` and waits until it reports that it is answering. */
async function served(env: Readonly<Record<string, string>>, options: readonly string[] = []) {
  const port = await freePort(8000);
  const name = `tripcast-test-${randomUUID().slice(0, 8)}`;
  const args = [...LIKE_LAMBDA, ...options, ...flags({ ...env, PORT: String(port) }), IMAGE, 'serve'];
  const child = docker.start('run', '--name', name, ...args);
  const ended = once(child, 'close');
  if (child.stdout === null || child.stderr === null) throw new Error('Its output is not read');
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
  if (!String(line).startsWith('Model ')) throw new Error(`serve ended (${line}): ${complaints}`);
  const call = async (path: string, body?: unknown): Promise<object> => {
    const headers = { 'content-type': 'application/json' };
    const request = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
    return z.looseObject({}).parse(await (await fetch(`http://127.0.0.1:${port}${path}`, request)).json());
  };
  return {
    health: () => call('/health'),
    predict: (ride: unknown) => call('/predict', ride),
    get: async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
    },
    /** @returns its exit code */
    async stopped(signal: string): Promise<unknown> {
      await docker.run('kill', '--signal', signal, name);
      const [code] = await ended;
      return code;
    },
    async [Symbol.asyncDispose]() {
      await docker.run('rm', '--force', name);
      await ended;
    },
  };
}

async function predictedBy(name: string, ride: unknown): Promise<object> {
  const answer = await invokeFunction(name, { ...anEvent('POST', '/predict'), body: JSON.stringify(ride) });
  return JSON.parse(answerSchema.parse(answer).body);
}

/** What the HTTP API sends a function, and what it takes from it. */
const anEvent = (method: string, path: string) => ({
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  headers: {},
  requestContext: { http: { method, path } },
  isBase64Encoded: false,
});
const answerSchema = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  isBase64Encoded: z.boolean(),
});

const credentials = () => {
  const { AWS_ENDPOINT_URL = '', AWS_REGION = '' } = process.env;
  return { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
};

const flags = (env: Readonly<Record<string, string>>) =>
  Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
