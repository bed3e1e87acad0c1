import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FUNCTIONS, type FunctionName } from '#lib/config/functions.ts';
import { type BundleSizes, bundleFunctions } from '#packaging/bundle.ts';
import { assembleNatives, checkBinary, zipNatives } from '#packaging/natives.ts';
import { hostPlatform } from '#packaging/platform.ts';
import { writeStoredZip } from '#packaging/stored-zip.ts';
import { CLONE, PYTHON } from '#setup/paths.mjs';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripcast bündel '));
});
afterAll(() => rmSync(folder, { recursive: true }));

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

let sizes: BundleSizes;

test('the same sources give the same bundles, one per function, as CommonJS', async () => {
  sizes = await bundleFunctions(join(folder, 'first'));
  await bundleFunctions(join(folder, 'second'));
  expect(readdirSync(join(folder, 'first')).sort()).toEqual([...FUNCTIONS].sort());
  for (const name of FUNCTIONS) {
    expect(sha256(join(folder, 'second', name, 'index.js'))).toBe(sha256(join(folder, 'first', name, 'index.js')));
    expect(readFileSync(join(folder, 'first', name, 'package.json'), 'utf8')).toContain('commonjs');
  }
});

/** A cold start reads and compiles all of it. A tenth above what each has; `cdk synth` shows the sizes. */
const MOST_KB: Readonly<Record<FunctionName, number>> = {
  'stream-score': 1360,
  predict: 2060, // the API's description and the console's live views, too
  plan: 980,
  ingest: 930,
  score: 1230,
  monitor: 1380,
  'check-month': 1120,
  train: 1330,
  gate: 1240,
  register: 1150,
  promote: 1160,
  retrain: 1170,
  'check-rollout': 1420,
};

test('each bundle stays small, and the build says how large it is', () => {
  const onDisk = (bundle: string) => statSync(join(folder, 'first', `${bundle}.js`)).size;
  expect([...sizes].filter(([bundle, bytes]) => onDisk(bundle) !== bytes)).toEqual([]);
  const kilobytes = FUNCTIONS.map((name) => ({ name, kB: (sizes.get(`${name}/index`) ?? Number.NaN) / 1000 }));
  expect(kilobytes.filter(({ name, kB }) => !(kB <= MOST_KB[name]))).toEqual([]);
});

test('a function looks for credentials in its variables alone', () => {
  const ways = (file: string) => readFileSync(file, 'utf8').match(/fromEnv|fromIni|fromSSO|fromTokenFile/g) ?? [];
  for (const name of FUNCTIONS) {
    expect([name, ...new Set(ways(join(folder, 'first', name, 'index.js')))]).toEqual([name, 'fromEnv']);
  }
});

test('what a bundle imports on first use is loaded with require, so that it is found in a layer as well', () => {
  const imported = FUNCTIONS.flatMap((name) =>
    readFileSync(join(folder, 'first', name, 'index.js'), 'utf8').match(/\bimport\("(onnxruntime|@duckdb|koffi).*/g),
  );
  expect(imported.filter(Boolean)).toEqual([]);
  expect(readFileSync(join(folder, 'first', 'stream-score', 'index.js'), 'utf8')).toContain(
    'require("onnxruntime-node")',
  );
});

test('from a layer, the natives load where nothing else is installed', async () => {
  const layer = join(folder, 'layer');
  await assembleNatives(layer, hostPlatform());
  const program = `
    const { InferenceSession } = require('onnxruntime-node');
    const { DuckDBInstance } = require('@duckdb/node-api');
    DuckDBInstance.create().then((db) => db.connect()).then((c) => c.runAndReadAll('select 6 * 7 as n'))
      .then((r) => console.log(typeof InferenceSession.create, r.getRowObjectsJS()[0].n));`;
  const env = { PATH: process.env.PATH, NODE_PATH: join(layer, 'nodejs/node_modules') };
  expect(execFileSync(process.execPath, ['-e', program], { cwd: folder, env, encoding: 'utf8' })).toBe('function 42\n');
});

test('natives that are already there are left alone', async () => {
  const layer = join(folder, 'again');
  const first = await assembleNatives(layer, hostPlatform());
  const { ino } = statSync(layer);
  expect(await assembleNatives(layer, hostPlatform())).toBe(first);
  expect(statSync(layer).ino).toBe(ino);
});

describe('a stored zip', () => {
  test('can be read by Python, which the emulator unpacks it with', async () => {
    const file = join(folder, 'größe.txt');
    writeFileSync(file, 'minutes'.repeat(1000));
    const archive = join(folder, 'some.zip');
    await writeStoredZip(archive, [
      { path: 'nodejs/a.txt', file },
      { path: 'nodejs/ü.txt', file },
    ]);
    execFileSync(PYTHON, ['-m', 'zipfile', '-e', archive, join(folder, 'out')]);
    expect(readdirSync(join(folder, 'out/nodejs')).sort()).toEqual(['a.txt', 'ü.txt']);
    expect(sha256(join(folder, 'out/nodejs/ü.txt'))).toBe(sha256(file));
  });

  test('of the natives has the bytes of the packages', async () => {
    const archive = join(folder, 'natives.zip');
    await zipNatives(archive, hostPlatform());
    mkdirSync(join(folder, 'natives'));
    execFileSync(PYTHON, ['-m', 'zipfile', '-e', archive, join(folder, 'natives')]);
    const entry = 'onnxruntime-common/dist/cjs/index.js';
    const installed = join(CLONE, 'node_modules', entry);
    expect(sha256(join(folder, 'natives/nodejs/node_modules', entry))).toBe(sha256(installed));
  });
});

test('a machine without native builds gets an error that says what to use', () => {
  expect(() => hostPlatform('win32-x64')).toThrow(
    'tripcast does not run on "win32-x64". Use one of linux-x64, linux-arm64, darwin-x64, darwin-arm64; on Windows, use WSL2.',
  );
});

test('natives for a platform where no function runs are refused, with the platforms where they do', () => {
  const other = hostPlatform() === 'darwin-x64' ? 'darwin-arm64' : 'darwin-x64';
  return expect(assembleNatives(join(folder, 'other'), other)).rejects.toThrow(
    /Natives for darwin-\w+ cannot be packaged on .*use linux-x64 or linux-arm64/,
  );
});

test('a binary of another machine does not get into the image for linux-x64', async () => {
  const binary = (platform: string) =>
    join(CLONE, `node_modules/onnxruntime-node/bin/napi-v6/${platform}/onnxruntime_binding.node`);
  await expect(checkBinary(binary('linux/x64'), 'linux-x64')).resolves.toBeUndefined();
  await expect(checkBinary(binary('linux/arm64'), 'linux-x64')).rejects.toThrow('is not a linux-x64 binary');
  await expect(checkBinary(binary('darwin/arm64'), 'linux-x64')).rejects.toThrow('is not a linux-x64 binary');
});
