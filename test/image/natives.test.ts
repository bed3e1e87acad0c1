import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assembleNatives, checkBinary } from '#packaging/natives.ts';
import type { Platform } from '#packaging/platform.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// An image is built for linux-x64 on a Mac or an arm64 machine too: this tests the opposite direction.
test('the natives for another platform are fetched, all built for that platform', async () => {
  const other: Platform = process.arch === 'arm64' ? 'linux-x64' : 'linux-arm64';
  const folder = temporaryFolder();
  await assembleNatives(folder, other);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  const binaries = files.filter(({ name }) => /\.(node|so)(\.\d+)*$/.test(name));
  expect(binaries.map(({ name }) => name.replace(/-.*/, '')).sort()).toEqual([
    'duckdb.node',
    'koffi.node',
    'libduckdb.so',
    'libgomp',
    'libonnxruntime.so.1',
    'libxgboost.so',
    'onnxruntime_binding.node',
  ]);
  for (const { parentPath, name } of binaries) await checkBinary(join(parentPath, name), other);
});
