import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { type EngineChoice, scorerLoader } from '#adapters/engine.ts';
import { goldenRefusal } from '#model/golden/golden-refusal.ts';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import type { AddPrediction } from '#model/onnx/ride-values.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import { PAIR_SLOTS } from '#model/rides/zone-pair.ts';
import type { Proof } from '#model/scorer.ts';
import { CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { evenCalibrations } from '../../support/training.ts';

const aModel = (addPrediction: AddPrediction): Uint8Array =>
  rideGraph({
    typical: new Float64Array(PAIR_SLOTS).fill(2.5),
    addPrediction,
    calibrations: evenCalibrations(),
    metadata: {},
  });

const known = () => aModel((_, ride) => ride.distance);
/** With the square root of the distance, which no recipe has. */
const unknown = () => aModel((g, ride) => g.node('Sqrt', [ride.distance]));

/** The engine that was taken, why, and what it says of a ride of 9 miles. */
async function load(choice: EngineChoice, model: Uint8Array, proof?: Proof) {
  const reasons: string[] = [];
  const scorer = await scorerLoader(choice, (reason) => reasons.push(reason))(model, proof);
  onTestFinished(() => scorer.close());
  const batch = new RideBatch(1);
  batch.push(130, 205, 9, 1_680_510_600);
  const { predicted_duration } = await scorer.score(batch);
  return { engine: scorer.engine.name, reasons, minutes: predicted_duration[0] };
}

test('our own engine takes the graphs that it knows', async () => {
  expect(await load('auto', known())).toEqual({ engine: 'tripcast', reasons: [], minutes: 9 });
  expect(await load('tripcast', known())).toEqual({ engine: 'tripcast', reasons: [], minutes: 9 });
});

test('onnxruntime takes the others, and the reason is reported', async () => {
  expect(await load('auto', unknown())).toEqual({ engine: 'onnxruntime', reasons: ['the operator Sqrt'], minutes: 3 });
});

test('onnxruntime takes a graph whose golden rides our engine does not reproduce', async () => {
  const off: Proof = async ({ engine }) => goldenRefusal(engine.name, 0.25);
  expect(await load('auto', known(), off)).toEqual({
    engine: 'onnxruntime',
    reasons: ['tripcast is 0.25 minutes off on its golden rides; at most 0.0001 is allowed'],
    minutes: 9,
  });
  const broken: Proof = () => Promise.reject(new Error('a ride broke it'));
  expect(await load('auto', known(), broken)).toMatchObject({ engine: 'onnxruntime', reasons: ['a ride broke it'] });
});

test('a choice is kept', async () => {
  expect(await load('onnxruntime', known())).toEqual({ engine: 'onnxruntime', reasons: [], minutes: 9 });
  await expect(load('tripcast', unknown())).rejects.toThrow('The engine does not run this model: the operator Sqrt');
});

test('bytes that are not a model are refused as by onnxruntime, and that is no fallback', async () => {
  const reasons: string[] = [];
  const loading = scorerLoader('auto', (reason) => reasons.push(reason))(new TextEncoder().encode('not a model'));
  await expect(loading).rejects.toThrow('11 bytes are not an ONNX model');
  expect(reasons).toEqual([]);
});

/** Prints the engine that `auto` takes, what it says of a ride of 9 miles, and whether onnxruntime's library is loaded. */
const PROGRAM = `
  import { readFileSync } from 'node:fs';
  import { scorerLoader } from '#adapters/engine.ts';
  import { RideBatch } from '#model/rides/ride-batch.ts';
  scorerLoader('auto', () => {})(readFileSync(process.argv[2])).then(async (scorer) => {
    const batch = new RideBatch(1);
    batch.push(130, 205, 9, 1_680_510_600);
    const { predicted_duration } = await scorer.score(batch);
    const loaded = process.report.getReport().sharedObjects.some((file) => file.includes('onnxruntime'));
    console.log(JSON.stringify({ engine: scorer.engine.name, minutes: predicted_duration[0], loaded }));
  });`;

/** Runs {@link PROGRAM} as it is bundled for a function. */
function bundled(model: Uint8Array, ...flags: readonly string[]): unknown {
  const folder = temporaryFolder();
  const [program, file] = [join(folder, 'program.cjs'), join(folder, 'model.onnx')];
  buildSync({
    stdin: { contents: PROGRAM, resolveDir: CLONE },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    supported: { 'dynamic-import': false },
    external: ['onnxruntime-node'],
    outfile: program,
  });
  writeFileSync(file, model);
  const env = { ...process.env, NODE_PATH: join(CLONE, 'node_modules') };
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, program, file], { env, encoding: 'utf8' });
  return stdout === '' ? stderr : JSON.parse(stdout);
}

test("onnxruntime's library is not loaded when our engine is fit", () => {
  expect(bundled(known())).toEqual({ engine: 'tripcast', minutes: 9, loaded: false });
  expect(bundled(unknown())).toEqual({ engine: 'onnxruntime', minutes: 3, loaded: true });
});

test('where WebAssembly is switched off, onnxruntime gives the same answer', () => {
  expect(bundled(known(), '--jitless')).toEqual({ engine: 'onnxruntime', minutes: 9, loaded: true });
});
