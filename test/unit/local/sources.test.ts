import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sourcesHash } from '#packaging/sources.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function someSources() {
  const root = temporaryFolder();
  mkdirSync(join(root, 'lib', 'rooms'), { recursive: true });
  writeFileSync(join(root, 'lib', 'rooms', 'data.ts'), 'a bucket');
  writeFileSync(join(root, 'cdk.json'), '{}');
  writeFileSync(join(root, 'README.md'), 'what it is');
  return { root, hash: () => sourcesHash(root, ['cdk.json', 'lib']) };
}

test('the fingerprint changes with the content and the name of any source, and with nothing else', () => {
  const { root, hash } = someSources();
  const before = hash();
  writeFileSync(join(root, 'README.md'), 'what it was');
  expect(hash()).toBe(before);
  writeFileSync(join(root, 'lib', 'rooms', 'data.ts'), 'a table');
  const edited = hash();
  expect(edited).not.toBe(before);
  renameSync(join(root, 'lib', 'rooms', 'data.ts'), join(root, 'lib', 'rooms', 'table.ts'));
  expect(hash()).not.toBe(edited);
});

test("this clone's own sources have one", () => {
  expect(sourcesHash()).toMatch(/^[0-9a-f]{64}$/);
});
