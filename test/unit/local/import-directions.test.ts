import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Import = readonly [file: string, imported: string];

/** Which rooms of src a room may import; docs/architecture.md draws it. */
const trips: readonly string[] = ['trips'];
const storage = [...trips, 'storage'];
const model = [...storage, 'model'];
const engine = [...model, 'engine'];
const registry = [...model, 'registry'];
const mlflow = [...registry, 'mlflow'];
const flows = [...mlflow, 'training', 'streaming', 'batch', 'serving', 'operations', 'monitoring'];
const adapters = [...flows, 'engine', 'adapters'];
const packaging = [...adapters, 'setup', 'packaging'];
const local = [...packaging, 'local'];
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  trips,
  storage,
  model,
  engine,
  registry,
  mlflow,
  training: [...mlflow, 'training'],
  streaming: [...mlflow, 'streaming'],
  batch: [...mlflow, 'batch'],
  serving: [...mlflow, 'streaming', 'serving'],
  operations: [...mlflow, 'operations'],
  monitoring: [...mlflow, 'streaming', 'batch', 'monitoring'],
  adapters,
  setup: ['setup'],
  packaging,
  local,
  checks: ['setup', 'checks'],
  cli: [...local, 'checks', 'cli'],
};

const NAMES = Object.keys(ROOMS);
const between = (isWanted: (from: string, to: string) => boolean): readonly Import[] =>
  NAMES.flatMap((from) =>
    NAMES.filter((to) => isWanted(from, to)).map((to): Import => [`src/${from}/of-${to}.ts`, `#${to}/a.ts`]),
  );

const WRONG: readonly Import[] = [
  ...between((from, to) => !ROOMS[from]?.includes(to)),
  ['src/batch/climbing.ts', '../adapters/s3.ts'],
  ['src/model/onnx/graph.ts', '../../adapters/onnxruntime.ts'],
  ['src/engine/engine.ts', 'node:fs'],
  ['src/registry/registry.ts', '@aws-sdk/client-s3'],
  ['src/cli/account.ts', '@aws-sdk/client-sts'],
  ['src/local/deploy.ts', '@aws-sdk/client-s3'],
  ['src/packaging/natives.ts', 'koffi'],
  ['src/monitoring/drift.ts', '@duckdb/node-api'],
  ['src/serving/app.ts', '#lambdas/predict/handler.ts'],
  ['src/cli/context.ts', '../../lambdas/plan/handler.ts'],
  ['src/streaming/decode.ts', '#lib/config/load.ts'],
  ['src/cli/cost.ts', '#lib/monitoring/alarms.ts'],
  ['src/local/up.ts', '#lib/tripcast-stack.ts'],
  ['src/storage/layout.ts', 'aws-cdk-lib/aws-s3'],
  ['src/errors.ts', './adapters/s3.ts'],
  ['src/setup/setup.mjs', '#errors.ts'],
  ['lib/rooms/data.ts', '#storage/layout.ts'],
  ['lib/rooms/query.ts', '../../src/storage/layout.ts'],
  ['src/console/app.tsx', '#serving/app.ts'],
  ['src/console/api.ts', 'node:fs'],
  ['src/console/route.ts', '#lib/config/load.ts'],
  ['lambdas/plan/handler.ts', '#local/up.ts'],
  ['lambdas/score/handler.ts', '#lib/config/load.ts'],
];

const RIGHT: readonly Import[] = [
  ...between((from, to) => from !== to && ROOMS[from]?.includes(to) === true),
  ['src/trips/taxi-type.ts', '#errors.ts'],
  ['src/console/week.ts', '#trips/new-york-time.ts'],
  ['src/adapters/kinesis.ts', '@aws-sdk/client-kinesis'],
  ['src/cli/account.ts', '#lib/config/load.ts'],
  ['src/local/status.ts', '#lib/config/load.ts'],
  ['lib/rooms/batch.ts', '#errors.ts'],
  ['lib/constructs/function-code.ts', '#packaging/assets.ts'],
  ['lib/rooms/monitoring.ts', '../monitoring/alarms.ts'],
  ['lambdas/score/handler.ts', '#adapters/s3.ts'],
  ['test/unit/batch/plan.test.ts', '#lambdas/plan/handler.ts'],
];

/** The files in which the linter, with this project's own rules, finds a fault by one rule. */
function faulty(rule: string, files: Readonly<Record<string, string>>): readonly string[] {
  const house = temporaryFolder();
  for (const name of ['biome.json', '.gitignore', 'package.json']) copyFileSync(join(CLONE, name), join(house, name));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(house, file)), { recursive: true });
    writeFileSync(join(house, file), text);
  }
  const biome = join(CLONE, 'node_modules', '.bin', 'biome');
  const lint = ['lint', `--only=${rule}`, '--reporter=github', '--max-diagnostics=none'];
  const { stdout } = spawnSync(biome, lint, { cwd: house, encoding: 'utf8' });
  return [...stdout.matchAll(new RegExp(`${rule.split('/')[1]},file=([^,]+),`, 'g'))]
    .map(([, file = '']) => decodeURIComponent(file).split(`${basename(house)}/`)[1] ?? file)
    .sort();
}

const refused = (imports: readonly Import[]) =>
  faulty(
    'style/noRestrictedImports',
    Object.fromEntries(imports.map(([file, imported]) => [file, `export { a } from '${imported}';\n`])),
  );

test('an import in the wrong direction is refused, in every room', () => {
  expect(refused(WRONG)).toEqual(WRONG.map(([file]) => file).sort());
});

test('an import in the right direction is allowed', () => {
  expect(refused(RIGHT)).toEqual([]);
});

test('a circle of imports is refused, even of types only, and across rooms', () => {
  const files = {
    'src/model/a.ts': "import type { B } from '#model/deep/b.ts';\nexport type A = B | 1;\n",
    'src/model/deep/b.ts': "import type { A } from '../a.ts';\nexport type B = A | 2;\n",
    'src/model/c.ts': "import type { A } from './a.ts';\nexport type C = A;\n",
  };
  expect(faulty('suspicious/noImportCycles', files)).toEqual(['src/model/a.ts', 'src/model/deep/b.ts']);
});
