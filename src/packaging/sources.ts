import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CLONE } from '#setup/paths.mjs';

/** Everything that the deployed dev stack is made from. */
const SOURCES = [
  'bin/app.ts',
  'bin/run-app.ts',
  'cdk.json',
  'env/dev.json',
  'lambdas',
  'lib',
  'package-lock.json',
  'src',
  'stepfunctions',
];

/** A fingerprint of the stack's sources, by name and content: if it is unchanged, a deploy would change nothing. */
export function sourcesHash(root = CLONE, sources: readonly string[] = SOURCES): string {
  const hash = createHash('sha256');
  for (const file of sources.flatMap((source) => filesUnder(join(root, source))).sort()) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function filesUnder(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
