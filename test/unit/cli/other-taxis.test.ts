import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { CLONE } from '#setup/paths.mjs';
import { modelIn } from '../../../docker/mounted-model.ts';
import { realMonth, writeMonth } from '../../support/tlc-files.ts';

// A model of green taxis and a file of yellow ones: it would answer every ride, minutes off.

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function tripcast(...args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, TRIPCAST_LOCAL: join(home, 'local') };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(CLONE, 'bin/tripcast.mjs'), ...args], { cwd: CLONE, env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err });
    });
  });
}

const home = mkdtempSync(join(tmpdir(), 'tripcast-other-taxis-'));
afterAll(() => rmSync(home, { recursive: true }));
const folder = join(home, 'green-model');
const model = join(folder, 'model.onnx');
const yellow = join(home, 'yellow_tripdata_2023-04.parquet');
const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

beforeAll(async () => {
  const months = ['--source', join(realMonth('2023-03'), '..'), '--train', '2023-03'];
  const trained = await tripcast('train', '--local', '--recipe', 'linear-pair', ...months, '--out', folder);
  expect(trained.code, trained.err).toBe(0);
  await writeMonth(yellow, [{}], {
    lpep_pickup_datetime: null,
    lpep_dropoff_datetime: null,
    tpep_pickup_datetime: 'pickup',
    tpep_dropoff_datetime: 'dropoff',
  });
}, 60_000);

const REFUSED = `tripcast: ${model} is a model of "green" taxis, not of yellow ones. Choose a model of yellow taxis, or add --any-taxi-type to use this one.\n`;

test('`score` refuses it and writes nothing, unless it is asked for', { timeout: 30_000 }, async () => {
  const output = join(home, 'out.parquet');
  expect(await tripcast('score', yellow, output, '--model', model)).toEqual({ code: 1, out: '', err: REFUSED });
  expect(await isThere(output)).toBe(false);
  const asked = await tripcast('score', yellow, output, '--model', model, '--any-taxi-type', '--json');
  expect(asked.code, asked.err).toBe(0);
  expect(JSON.parse(asked.out)).toMatchObject({ rows_in: 1, rows_scored: 1 });
});

test('`serve` refuses it', { timeout: 30_000 }, async () => {
  expect(await tripcast('serve', '--model', model, '--taxi-type', 'yellow')).toEqual({
    code: 1,
    out: '',
    err: REFUSED,
  });
});

test('the image refuses a mounted one, and says what to set', async () => {
  await expect(modelIn(folder, loadScorer, 'yellow')).rejects.toThrow(
    /^MODEL_LOCATION ".*" is a model of "green" taxis, not of yellow ones\. Set SERVED_TAXI_TYPE to green, or mount/,
  );
  const served = await (await modelIn(model, loadScorer, 'green')).current();
  expect(served.scorer.metadata.taxi_type).toBe('green');
  await served.scorer.close();
});
