import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CLONE } from '#setup/paths.mjs';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Where {
  /** Default: this clone. */
  readonly clone?: string;
  readonly variables?: NodeJS.ProcessEnv;
}

/** Runs the command line as a user does, in a process of its own. */
export async function tripcast(line: string, { clone = CLONE, variables = {} }: Where = {}): Promise<Ended> {
  const child = spawn(process.execPath, [join(clone, 'bin', 'tripcast.mjs'), ...line.split(' ')], {
    cwd: CLONE,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: Number(code ?? -1), out, err };
}

/** The JSON that a command prints. @throws with all that it said when it fails */
export async function answerOf(line: string, where?: Where): Promise<unknown> {
  const { code, out, err } = await tripcast(`${line} --json`, where);
  if (code !== 0) throw new Error(`tripcast ${line} ended with ${code}:\n${err}${out}`);
  return JSON.parse(out);
}

/** The JSON lines that a command prints. */
export async function answersOf(line: string): Promise<readonly unknown[]> {
  const { code, out, err } = await tripcast(`${line} --json`);
  if (code !== 0) throw new Error(`tripcast ${line} ended with ${code}:\n${err}${out}`);
  return out
    .trim()
    .split('\n')
    .map((each): unknown => JSON.parse(each));
}
