import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { TripcastError } from '#errors.ts';

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to those of this process; an undefined one is removed. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What to do when it fails. */
  readonly fix: string;
}

/** How many of a failed command's last lines are shown. */
const SHOWN_LINES = 15;

/**
 * Runs a command to completion, silently.
 * @returns its standard output
 * @throws TripcastError with the end of its output, when it cannot be run or fails
 */
export async function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { cwd, env, fix } = options;
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let all = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    all += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (all += text));
  const called = `\`${[basename(command), ...args].join(' ')}\``;
  const code = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new TripcastError(`${called} cannot be run: ${cause.message}`, fix, { cause })),
    );
    child.once('close', (exitCode, signal) => resolve(exitCode ?? signal));
  });
  if (code === 0) return output;
  const end = all.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
  throw new TripcastError(`${called} failed (${code}):\n${end}`, fix);
}
