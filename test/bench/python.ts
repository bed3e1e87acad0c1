/** The Python side: environments that are made once for their requirements and kept, and the peers. */
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

/** The scripts of peers/, and an interpreter that has what they import. */
export function python(): Python {
  const interpreter = interpreterWith(join(PEERS, 'requirements.txt'));
  const path = (script: string) => join(PEERS, script);
  return { interpreter, path, run: (script, ...args) => JSON.parse(run(interpreter, [path(script), ...args])) };
}

/** @param requirements a file, as pip reads it */
export function interpreterWith(requirements: string): string {
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(CLONE, '.tripcast/bench', `python-${key}`);
  const interpreter = join(folder, 'bin/python');
  const ready = join(folder, 'ready');
  if (existsSync(ready)) return interpreter;
  rmSync(folder, { recursive: true, force: true });
  run('python3', ['-m', 'venv', folder]);
  run(interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  run('touch', [`${ready}.part`]);
  renameSync(`${ready}.part`, ready);
  return interpreter;
}
