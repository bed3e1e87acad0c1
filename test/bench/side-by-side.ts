/** What the benchmarks share: commands that are run and timed, and the Python way beside them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const CLONE = join(import.meta.dirname, '../..');
export const TLC = join(CLONE, 'data/tlc');

/** Gone when the process ends. */
export const folder = mkdtempSync(join(tmpdir(), 'tripcast bench '));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Progress, for who waits. */
export const say = (text: string) => console.error(`  ${text}`);

/** @returns what the command prints. @throws when it fails */
export function run(command: string, args: readonly string[]): string {
  say([command, ...args].map((part) => part.split('/').at(-1)).join(' '));
  return execFileSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: CLONE,
  });
}

/** The command's seconds, start-up and imports included. @returns what it printed, too */
export function whole<T>(work: () => T): { readonly said: T; readonly seconds: number } {
  const started = performance.now();
  const said = work();
  return { said, seconds: (performance.now() - started) / 1000 };
}

/** One core for every side, where the machine can pin a process. */
const ONE_CORE = existsSync('/usr/bin/taskset') ? ['/usr/bin/taskset', '-c', '0'] : [];

/** @returns what the command prints */
export function onOneCore(...command: readonly string[]): string {
  const [program = '', ...args] = [...ONE_CORE, ...command];
  return run(program, args);
}

export interface Peers {
  /** The interpreter that has what they import. */
  readonly python: string;
  /** A script's path. */
  readonly path: (script: string) => string;
  readonly run: (script: string, ...args: readonly string[]) => string;
}

/** The Python scripts in the folder that PEERS names, if it names one. What they import is installed, unless BENCH_PYTHON has it. */
export function findPeers(): Peers | undefined {
  const { PEERS: from, BENCH_PYTHON } = process.env;
  if (from === undefined) return undefined;
  const path = (script: string) => join(from, script);
  const python = BENCH_PYTHON ?? pythonWith(path('requirements.txt'));
  return { python, path, run: (script, ...args) => run(python, [path(script), ...args]) };
}

/** An environment of this run alone. */
export function pythonWith(requirements: string): string {
  run('python3', ['-m', 'venv', join(folder, 'venv')]);
  const python = join(folder, 'venv/bin/python');
  run(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  return python;
}
