import { appendFileSync, cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What is shared with this clone: too large to copy, or made anew with each deploy. */
const SHARED = ['node_modules', '.tripcast', 'dist', 'data'];
const COPIED = ['bin', 'env', 'lambdas', 'lib', 'src', 'stepfunctions'];

/** This clone's code, elsewhere, with a line added to a function. */
export function changedClone(functionName: string, line: string): string {
  const root = temporaryFolder();
  mkdirSync(join(CLONE, 'dist'), { recursive: true });
  const files = readdirSync(CLONE).filter((name) => /\.(json|txt)$/.test(name));
  for (const name of [...COPIED, ...files]) cpSync(join(CLONE, name), join(root, name), { recursive: true });
  for (const name of SHARED) symlinkSync(join(CLONE, name), join(root, name));
  appendFileSync(join(root, 'lambdas', functionName, 'handler.ts'), `\n${line}\n`);
  return root;
}
