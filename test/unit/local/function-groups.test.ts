import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FUNCTIONS } from '#lib/config/functions.ts';
import { functionGroups } from '#packaging/function-groups.ts';
import { assembleNatives } from '#packaging/natives.ts';
import { hostPlatform } from '#packaging/platform.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test.for(['auto', 'onnxruntime', 'tripcast'] as const)(
  'with %s as the engine, each function is in one group',
  (engine) => {
    const names = functionGroups(engine).flatMap(({ functions }) => functions);
    expect(names.toSorted()).toEqual(FUNCTIONS.toSorted());
  },
);

test('only with our own engine alone, what serves has no onnxruntime', () => {
  const withoutIt = (engine: 'auto' | 'onnxruntime' | 'tripcast') =>
    functionGroups(engine)
      .filter(({ libraries }) => !libraries.includes('onnxruntime'))
      .flatMap(({ functions }) => functions);
  expect(withoutIt('auto')).toEqual([]);
  expect(withoutIt('onnxruntime')).toEqual([]);
  expect(withoutIt('tripcast')).toEqual(['stream-score', 'predict', 'score']);
});

test('the natives of some libraries are their packages and no other', async () => {
  const folder = join(temporaryFolder(), 'natives');
  await assembleNatives(folder, hostPlatform(), ['duckdb']);
  expect(readdirSync(join(folder, 'nodejs'))).toEqual(['node_modules']);
  expect(readdirSync(join(folder, 'nodejs/node_modules')).sort()).toEqual(['@duckdb', 'detect-libc']);
});
