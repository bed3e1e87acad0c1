import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from './temporary-folder.ts';

/** This clone's command line in a separate clone, with environments it did not ship with: env/prod.json, changed. */
export function aCloneWith(environments: Readonly<Record<string, object>>): string {
  const root = temporaryFolder();
  const files = [
    'package.json',
    'package-lock.json',
    ...readdirSync(CLONE).filter((name) => /^requirements.*\.txt$/.test(name)),
  ];
  for (const name of ['bin', 'lib', 'src', 'env', ...files]) {
    cpSync(join(CLONE, name), join(root, name), { recursive: true });
  }
  symlinkSync(join(CLONE, 'node_modules'), join(root, 'node_modules'));
  const prod = JSON.parse(readFileSync(join(root, 'env/prod.json'), 'utf8'));
  for (const [name, changes] of Object.entries(environments)) {
    writeFileSync(join(root, `env/${name}.json`), JSON.stringify({ ...prod, ...changes }));
  }
  return root;
}
