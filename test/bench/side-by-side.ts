/** What the benchmarks share: commands that are run and timed. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const CLONE = join(import.meta.dirname, '../..');
export const TLC = join(CLONE, 'data/tlc');

/** Gone when the process ends. */
export const folder = mkdtempSync(join(tmpdir(), 'tripcast bench '));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Progress, for the person waiting. */
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
