import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { invokeFunction } from '#adapters/lambda.ts';
import { connect, type Deployment } from '#cli/context.ts';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName } from '#lib/config/names.ts';
import { sha256 } from '#storage/sha256.ts';
import { trainingJobSchema } from '#training/training-job.ts';
import { LINEAR_PAIR, TLC, trainedInImage } from './a-champion.ts';
import { FunctionInImage } from './function-in-image.ts';

let to: Deployment;
beforeAll(async () => {
  to = await connect('dev');
});

/** Serves the bundled months as TLC does: 403 for months that are not published. */
const tlc = createServer((request, response) => {
  const file = join(TLC, basename(request.url ?? ''));
  if (existsSync(file)) createReadStream(file).pipe(response);
  else response.writeHead(403).end();
}).listen(0, '127.0.0.1');
afterAll(() => tlc.close());

test('a month is downloaded from its published source, once; a missing one is reported', async () => {
  const { port } = tlc.address() as AddressInfo; // a TCP server has an AddressInfo
  await using ingest = new FunctionInImage('ingest', { env: { PUBLICATION_SOURCE: `http://127.0.0.1:${port}` } });
  const job = { taxi_type: 'green', month: '2021-01', run_id: '0'.repeat(32), force: false, all: false };
  expect(await ingest.answer(job)).toEqual({ ...job, status: 'ingested' });
  expect(await to.data.head('raw/taxi_type=green/year=2021/month=01/green_tripdata_2021-01.parquet')).toMatchObject({
    size: 1_333_519,
  });
  expect(await ingest.answer({ ...job, month: '2019-07' })).toMatchObject({ status: 'not-published' });
});

test('a run is trained, gated, registered and promoted', async () => {
  const outcome = await trainedInImage(to);
  expect(outcome).toMatchObject({ status: 'promoted', gate: { outcome: 'passed' } });
  expect(outcome.champion?.run_id).toBe(outcome.run_id);
  const card = await to.registry.card(outcome.run_id);
  expect(card?.validation.rmse).toBeCloseTo(6.2212029, 6); // reference.md: closed form, and scikit-learn
});

/** The memory of the smallest trainer in any environment. */
const leastMemoryMb = Math.min(...ENVIRONMENTS.map((env) => loadConfig(env).functions.train.memoryMb));

// The second needs XGBoost, which finds its libgomp through the wheel's own layout.
test.each([
  ['linear-pair', 6.2212], // reference.md
  ['zone-map-fast', 4.2183], // `tripcast train --local`, outside any function
])(
  '%s trained in the image is, byte for byte, what the zip trains, in half of the memory that there is',
  async (recipe, rmse) => {
    const request = { ...LINEAR_PAIR, recipe, promote: false };
    await using train = new FunctionInImage('train');
    const jobs = [await train.answer(request), await invokeFunction(functionName('dev', 'train'), request)];
    expect(await train.peakMemoryMb()).toBeLessThan(leastMemoryMb / 2);
    const staged = jobs.map((job) => to.registry.staged(trainingJobSchema.parse(job).run_id));
    const [ours, zips] = await Promise.all(
      staged.map(async (run) => sha256((await run.read('model.onnx')) ?? Buffer.of())),
    );
    expect(ours).toBe(zips);
    const card = JSON.parse(String(Buffer.from((await staged[0]?.read('card.json')) ?? [])));
    expect(card.validation.rmse).toBeCloseTo(rmse, 4);
  },
);
