#!/usr/bin/env node
// The command line's entry point, in plain JavaScript: an old Node can run it, and it switches to the clone's Node 24.
import { existsSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshBundle } from '../src/setup/cli-bundle.mjs';
import { nodeToRun } from '../src/setup/pinned-node.mjs';

const root = join(dirname(realpathSync(fileURLToPath(import.meta.url))), '..');
const node = nodeToRun({ root, version: process.versions.node });

if (!existsSync(join(root, 'node_modules')) || node === undefined) {
  console.error(
    `tripcast: ${root} is not set up (no ${node === undefined ? 'Node 24 in ' : ''}node_modules). Run \`npm run setup\` there.`,
  );
  process.exitCode = 1;
} else if (node === 'this') {
  module.enableCompileCache(join(root, '.tripcast', 'compile-cache')); // a command's code is read, stripped and compiled once
  const bundle = freshBundle(root);
  const { done } = bundle === undefined ? await import('./tripcast.ts') : module.createRequire(import.meta.url)(bundle);
  await done;
} else {
  const { runInForeground } = await import('../src/setup/processes.mjs');
  process.exitCode = await runInForeground(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
