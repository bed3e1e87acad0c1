import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Import = readonly [file: string, imported: string];

const WRONG: readonly Import[] = [
  ['src/batch/plan.ts', '../adapters/s3.ts'],
  ['src/model/onnx/graph.ts', '../../adapters/onnxruntime.ts'],
  ['src/registry/registry.ts', '@aws-sdk/client-s3'],
  ['src/serving/app.ts', '../../lambdas/predict/handler.ts'],
  ['src/streaming/decode.ts', '../../lib/config.ts'],
  ['src/storage/layout.ts', 'aws-cdk-lib/aws-s3'],
  ['src/monitoring/drift.ts', '@duckdb/node-api'],
  ['src/errors.ts', './adapters/s3.ts'],
  ['src/trips/month.ts', '../model/rides.ts'],
  ['src/adapters/s3.ts', '../local/up.ts'],
  ['src/local/up.ts', '../cli/context.ts'],
  ['src/cli/context.ts', '../../lambdas/plan/handler.ts'],
  ['lib/rooms/data.ts', '../../src/storage/layout.ts'],
  ['lambdas/plan/handler.ts', '../../src/local/up.ts'],
];

const RIGHT: readonly Import[] = [
  ['src/trips/taxi-type.ts', '../errors.ts'],
  ['src/batch/receipt.ts', '../trips/month.ts'],
  ['src/adapters/kinesis.ts', '@aws-sdk/client-kinesis'],
  ['src/cli/account.ts', '../adapters/s3.ts'],
  ['src/local/status.ts', '../../lib/config.ts'],
  ['lib/rooms/batch.ts', '../../src/errors.ts'],
  ['lambdas/score/handler.ts', '../../src/adapters/s3.ts'],
  ['test/unit/batch/plan.test.ts', '../../../lambdas/plan/handler.ts'],
];

/** The files in which the linter, with this project's own rules, finds an import in the wrong direction. */
function refused(imports: readonly Import[]): readonly string[] {
  const house = temporaryFolder();
  for (const name of ['biome.json', '.gitignore']) copyFileSync(join(CLONE, name), join(house, name));
  for (const [file, imported] of imports) {
    mkdirSync(dirname(join(house, file)), { recursive: true });
    writeFileSync(join(house, file), `export { a } from '${imported}';\n`);
  }
  const biome = join(CLONE, 'node_modules', '.bin', 'biome');
  const lint = ['lint', '--only=style/noRestrictedImports', '--reporter=github', '--max-diagnostics=none'];
  const { stdout } = spawnSync(biome, lint, { cwd: house, encoding: 'utf8' });
  return [...stdout.matchAll(/noRestrictedImports,file=([^,]+),/g)]
    .map(([, file = '']) => decodeURIComponent(file).split(`${basename(house)}/`)[1] ?? file)
    .sort();
}

test('an import against the direction of the house is refused, in every room', () => {
  expect(refused(WRONG)).toEqual(WRONG.map(([file]) => file).sort());
});

test('an import in the direction of the house is not', () => {
  expect(refused(RIGHT)).toEqual([]);
});
