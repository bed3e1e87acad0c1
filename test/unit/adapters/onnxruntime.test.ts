import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { TripcastError } from '#errors.ts';
import { GraphBuilder } from '#model/onnx/graph-builder.ts';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import { PAIR_SLOTS } from '#model/rides/zone-pair.ts';
import { OUTPUTS } from '#model/scorer.ts';
import { CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { evenCalibrations } from '../../support/training.ts';

/** Predicts the distance and the hour of the pickup, 0..23, over 100. */
async function aLoadedModel() {
  const model = rideGraph({
    typical: new Float64Array(PAIR_SLOTS).fill(2.5),
    addPrediction: (g, ride) => {
      const hour = g.node('Div', [g.node('Mod', [ride.pickupTime, g.int64(86_400)]), g.int64(3600)]);
      return g.node('Add', [ride.distance, g.node('Div', [g.cast(hour, 'float'), g.float(100)])]);
    },
    calibrations: evenCalibrations(),
    metadata: { recipe: 'of a test', taxi_type: 'green' },
  });
  const scorer = await loadScorer(model);
  onTestFinished(() => scorer.close());
  return scorer;
}

function aBatch(rides: readonly (readonly [distance: number, time: number])[]): RideBatch {
  const batch = new RideBatch(Math.max(rides.length, 1));
  for (const [distance, time] of rides) batch.push(130, 205, distance, time);
  return batch;
}

test('feeds rides to the graph and returns five arrays, one element per ride', async () => {
  const scorer = await aLoadedModel();
  const time = Date.UTC(2143, 3, 3, 8, 30) / 1000; // beyond 32 bits
  const scores = await scorer.score(
    aBatch([
      [3.66, time],
      [Number.NaN, time],
    ]),
  );
  expect([...scores.predicted_duration]).toEqual([expect.closeTo(3.74, 5), expect.closeTo(2.58, 5)]);
  for (const name of OUTPUTS) expect(scores[name]).toHaveLength(2);
});

test('answers at once with the same prediction and 90% interval', async () => {
  const scorer = await aLoadedModel();
  const batch = aBatch([
    [3.66, 1_680_510_600],
    [Number.NaN, 1_680_510_600],
  ]);
  const { interval80_low: _, interval80_high: __, ...expected } = await scorer.score(batch);
  expect(scorer.scoreNow(batch.inputs)).toEqual(expected);
});

test('shows the metadata of the file', async () => {
  expect((await aLoadedModel()).metadata).toEqual({ recipe: 'of a test', taxi_type: 'green' });
});

test('answers an empty batch with empty arrays', async () => {
  const scores = await (await aLoadedModel()).score(aBatch([]));
  for (const name of OUTPUTS) expect(scores[name]).toEqual(new Float32Array(0));
});

test('a ride gets the same answer alone and among others', async () => {
  const scorer = await aLoadedModel();
  const rides = Array.from({ length: 300 }, (_, i) => [i / 7, 1_680_510_600 + i * 977] as const);
  const together = await scorer.score(aBatch(rides));
  for (const [i, ride] of rides.entries()) {
    const alone = await scorer.score(aBatch([ride]));
    for (const name of OUTPUTS) expect(alone[name][0]).toBe(together[name][i]);
  }
});

test('refuses bytes that are not an ONNX model, and none at all', async () => {
  for (const bytes of [new TextEncoder().encode('not a model'), new Uint8Array(0)]) {
    const loading = loadScorer(bytes);
    await expect(loading).rejects.toThrow(TripcastError);
    await expect(loading).rejects.toThrow(`${bytes.length} bytes are not an ONNX model`);
  }
});

test('refuses an ONNX model that tripcast did not make', async () => {
  const g = new GraphBuilder();
  g.output('predicted_duration', g.input('trip_distance', 'float'));
  await expect(loadScorer(g.toModel('other', {}))).rejects.toThrow('it lacks interval_low');
});

test('where it is not installed, the error names the setting that leaves it out', () => {
  const program = join(temporaryFolder(), 'load.cjs');
  const contents = `import { loadScorer } from '#adapters/onnxruntime.ts';
    loadScorer(new Uint8Array()).catch(({ message }) => console.log(message));`;
  buildSync({
    stdin: { contents, resolveDir: CLONE },
    bundle: true,
    platform: 'node',
    supported: { 'dynamic-import': false }, // as in a function
    external: ['onnxruntime-node'],
    outfile: program,
  });
  expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe(
    "onnxruntime does not load here: Cannot find module 'onnxruntime-node'. " +
      'Functions that serve are packaged without it where env/*.json says "engine": "tripcast": set "auto", or let SCORING_ENGINE be tripcast, too. Anywhere else, run `npm run setup`.\n',
  );
});

test('reports its version', async () => {
  expect((await aLoadedModel()).engine).toEqual({
    name: 'onnxruntime',
    version: expect.stringMatching(/^1\.\d+\.\d+$/),
  });
});
