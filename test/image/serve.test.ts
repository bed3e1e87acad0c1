import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { invokeFunction } from '#adapters/lambda.ts';
import { connect } from '#cli/context.ts';
import { functionName } from '#lib/config/names.ts';
import { freePort } from '#local/ports.ts';
import type { TrainingOutcome } from '#training/training-job.ts';
import { trainedInImage } from './a-champion.ts';
import { docker, IMAGE, LIKE_LAMBDA } from './function-in-image.ts';

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
  expect(await api.stopped('SIGTERM')).toBe(0);
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
  const request = { http: { method: 'POST', path: '/predict' } };
  const event = { version: '2.0', rawPath: '/predict', rawQueryString: '', headers: {}, requestContext: request };
  const answer = await invokeFunction(name, { ...event, body: JSON.stringify(ride), isBase64Encoded: false });
  return JSON.parse(z.object({ body: z.string() }).parse(answer).body);
}

const credentials = () => {
  const { AWS_ENDPOINT_URL = '', AWS_REGION = '' } = process.env;
  return { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
};

const flags = (env: Readonly<Record<string, string>>) =>
  Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
