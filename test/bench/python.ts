/** The Python way: an environment with what the peers import, made once and kept. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CLONE, run } from './side-by-side.ts';

const PEERS = join(import.meta.dirname, 'peers');

export interface Python {
  readonly interpreter: string;
  readonly path: (script: string) => string;
  /** @returns what the script prints, which is JSON */
  readonly run: (script: string, ...args: readonly string[]) => unknown;
}

export function python(): Python {
  const requirements = join(PEERS, 'requirements.txt');
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(CLONE, '.tripcast/bench', `python-${key}`);
  const interpreter = join(folder, 'bin/python');
  const ready = join(folder, 'ready');
  if (!existsSync(ready)) {
    rmSync(folder, { recursive: true, force: true });
    run('python3', ['-m', 'venv', folder]);
    run(interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
    run('touch', [`${ready}.part`]);
    renameSync(`${ready}.part`, ready);
  }
  const path = (script: string) => join(PEERS, script);
  return { interpreter, path, run: (script, ...args) => JSON.parse(run(interpreter, [path(script), ...args])) };
}
