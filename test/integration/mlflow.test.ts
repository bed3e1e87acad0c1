import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { MlflowClient } from '#adapters/mlflow.ts';
import { S3Store } from '#adapters/s3.ts';
import { loadConfig } from '#lib/config/load.ts';
import { readEnvironment } from '#local/environment.ts';
import { type LocalMlflow, mlflowState, settledMlflow, startMlflow, stopMlflow } from '#local/mlflow.ts';
import { findRun } from '#mlflow/ids.ts';
import { syncMlflow } from '#mlflow/mirror.ts';
import { mlmodelFiles } from '#mlflow/model-files.ts';
import { modelCardSchema } from '#model/card/card.ts';
import { GRAPH_TOLERANCE_MINUTES, goldenSchema } from '#model/golden/golden.ts';
import { OUTPUTS } from '#model/scorer.ts';
import { Registry } from '#registry/registry.ts';
import { CLONE, MLFLOW_PYTHON } from '#setup/paths.mjs';
import { isRunning } from '#setup/processes.mjs';
import { newRunId } from '#storage/run-id.ts';
import { endpointUrl } from '../support/endpoint-url.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Of its own: the stack's bucket has a champion of other tests. */
const BUCKET = 'tripcast-mlflow-test';
const NAMES = loadConfig('dev').model;
const GREEN = NAMES.registeredModels.green;

const run = promisify(execFile);

let server: LocalMlflow;

beforeAll(async () => {
  const s3 = new S3Client({});
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  s3.destroy();
  const emulator = readEnvironment();
  if (emulator === undefined) throw new Error('There is no emulator.');
  server = await startMlflow({ emulator, port: 5700 });
  expect(await settledMlflow(server)).toEqual({ state: 'ready' });
});

afterAll(() => stopMlflow(server));

/** The registry of the test's bucket, and MLflow beside it. */
function aMirror() {
  const store = new S3Store(BUCKET);
  const registry = new Registry(store, NAMES);
  const mlflow = new MlflowClient({ url: server.url });
  return { store, registry, mlflow, sync: () => syncMlflow({ mlflow, registry, store, names: NAMES, user: 'ana' }) };
}

/** What `tripcast train --local` leaves in a folder: trained on 2023-03, validated on 2023-04. */
async function aTrainedFolder(): Promise<string> {
  const out = join(temporaryFolder(), 'model');
  const command = [join(CLONE, 'bin', 'tripcast.ts'), 'train', '--local', '--source', join(CLONE, 'data', 'tlc')];
  await run(process.execPath, [...command, '--recipe', 'linear-pair', '--train', '2023-03', '--out', out]);
  return out;
}

/** Registers it under an id of its own, with the files of an MLflow model. */
async function aRegisteredRun(registry: Registry) {
  const folder = await aTrainedFolder();
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));
  const golden = goldenSchema.parse(await read('golden.json'));
  const card = modelCardSchema.parse({ ...(await read('card.json')), run_id: newRunId() });
  await registry
    .folder(card.run_id)
    .complete([
      { name: 'model.onnx', body: await readFile(join(folder, 'model.onnx')) },
      { name: 'golden.json', body: JSON.stringify(golden) },
      ...Object.entries(mlmodelFiles(card, golden)).map(([name, body]) => ({ name, body })),
      { name: 'card.json', body: JSON.stringify(card) },
    ]);
  return { card, golden };
}

const minutes = z.array(z.number());
const answerSchema = z.object({
  predictions: z.record(z.string(), minutes),
  run_id: z.string(),
  warnings: z.array(z.string()),
});

/** What Python's MLflow says of rides. @param model as load_model takes it */
function askPython(model: string, rides: unknown): Promise<z.infer<typeof answerSchema>> {
  const script = join(CLONE, 'test', 'support', 'predict-with-mlflow.py');
  const env = { ...process.env, MLFLOW_TRACKING_URI: server.url, MLFLOW_DISABLE_TELEMETRY: 'true' };
  return new Promise((resolve, reject) => {
    const python = execFile(MLFLOW_PYTHON, [script], { env, maxBuffer: 2 ** 26 }, (error, out, err) => {
      if (error === null) resolve(answerSchema.parse(JSON.parse(out)));
      else reject(new Error(err));
    });
    python.stdin?.end(JSON.stringify({ model, rides }));
  });
}

/** MLflow's own REST API. */
async function ask(path: string): Promise<unknown> {
  const response = await fetch(`${server.url}/${path}`);
  expect(response.status).toBe(200);
  return response.json();
}

describe('a registered run, mirrored to a real MLflow server', () => {
  test('is what Python loads as the champion, and predicts the golden rides the same way', async () => {
    const { store, registry, sync } = aMirror();
    const { card, golden } = await aRegisteredRun(registry);
    await registry.promote(card.run_id, 'ana', new Date());
    const { mirrored, champions } = await sync();
    expect(champions).toMatchObject([{ registered_model: GREEN, run_id: card.run_id, moved: true }]);
    expect(await sync()).toMatchObject({ mirrored: [], champions: [{ moved: false }] });

    const { predictions, run_id, warnings } = await askPython(`models:/${GREEN}@champion`, golden.rides);
    expect(run_id).toBe(card.run_id);
    for (const name of OUTPUTS) {
      const found = predictions[name] ?? [];
      expect(found).toHaveLength(golden.rides.length);
      const differences = found.map((value, i) => Math.abs(value - (golden.predictions[name][i] ?? Number.NaN)));
      expect(Math.max(...differences)).toBeLessThanOrEqual(GRAPH_TOLERANCE_MINUTES);
    }
    expect(warnings.filter((warning) => !warning.includes('Python'))).toEqual([]);

    const [first] = mirrored;
    if (first === undefined) throw new Error('No run was mirrored.');
    expect(await findRun(registry, store, NAMES, first.mlflow_run_id)).toBe(card.run_id);
    expect(await ask(`api/2.0/mlflow/runs/get?run_id=${first.mlflow_run_id}`)).toMatchObject({
      run: {
        info: { status: 'FINISHED', run_name: 'linear-pair green 2023-03' },
        data: {
          metrics: expect.arrayContaining([expect.objectContaining({ key: 'rmse', value: card.validation.rmse })]),
        },
        inputs: { dataset_inputs: expect.arrayContaining([expect.anything()]) },
      },
    });
    expect(await ask(`api/2.0/mlflow/artifacts/list?run_id=${first.mlflow_run_id}&path=model`)).toMatchObject({
      files: expect.arrayContaining([
        expect.objectContaining({ path: 'model/MLmodel' }),
        expect.objectContaining({ path: 'model/model.onnx', file_size: card.model.bytes }),
      ]),
    });
  });

  test('is completed if it stopped midway, with the same figures logged again', async () => {
    const { registry, mlflow, store, sync } = aMirror();
    const { card } = await aRegisteredRun(registry);
    const dying = new Proxy(mlflow, {
      get: (target, name) => {
        if (name === 'finishRun') return () => Promise.reject(new Error('killed'));
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const killed = syncMlflow({ mlflow: dying, registry, store, names: NAMES, user: 'ana' });
    await expect(killed).rejects.toThrow('killed');
    const { mirrored } = await sync();
    expect(mirrored).toMatchObject([{ run_id: card.run_id }]);
    const versions = await mlflow.versions(GREEN);
    expect(versions.filter(({ tags }) => tags['tripcast.run_id'] === card.run_id)).toHaveLength(1);
    expect(await sync()).toMatchObject({ mirrored: [] });
  });
});

describe('the local MLflow server', () => {
  test('serves its pages', async () => {
    const page = await fetch(server.url);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('<title>MLflow</title>');
  });

  test('takes the next port if one is in use, and is gone with its files once stopped', async () => {
    const emulator = readEnvironment();
    if (emulator === undefined) throw new Error('There is no emulator.');
    const second = await startMlflow({ emulator, port: Number(new URL(server.url).port) });
    expect(second.url).not.toBe(server.url);
    expect(await mlflowState(second)).toMatchObject({ state: 'starting' });
    await stopMlflow(second);
    expect(isRunning(second.process)).toBe(false);
    expect(await mlflowState(second)).toMatchObject({ state: 'stopped' });
  });

  test('stops on its own when its emulator does', async () => {
    const emulator = {
      endpointUrl: endpointUrl(),
      process: { pid: process.pid, start: 'a process that is gone' },
    };
    const orphan = await startMlflow({ emulator, port: 5800 });
    expect(await settledMlflow(orphan)).toMatchObject({ state: 'stopped' });
    await stopMlflow(orphan);
  });
});
