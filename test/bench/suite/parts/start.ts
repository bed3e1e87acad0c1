/** `npm start`: the whole system on ten real months, in a clone that is set up and has never run. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand } from '#setup/setup.mjs';
import { CLONE, folder, say, whole } from '../../side-by-side.ts';
import type { Contest } from '../contest.ts';

const THERE = join(folder, 'clone');
const MOST_SECONDS = 600;

export function start(): readonly Contest[] {
  return [
    {
      title: 'npm start in a new clone',
      unit: 's',
      better: 'less',
      digits: 0,
      sides: [{ name: 'tripcast', run: startAndStop }],
      most: { rounds: 1, seconds: 0 },
    },
  ];
}

function startAndStop() {
  makeClone();
  try {
    const { seconds } = whole(() => npm('start'));
    return { value: seconds };
  } finally {
    there(process.execPath, [join(THERE, 'bin/tripcast.mjs'), 'down']);
    rmSync(THERE, { recursive: true });
  }
}

/** The last commit, with the packages and the Python tools of this clone: the set-up is not what is measured. */
function makeClone(): void {
  execFileSync('git', ['clone', '--quiet', CLONE, THERE]);
  const packages = join(CLONE, 'node_modules');
  linkAll(readdirSync(packages), packages, join(THERE, 'node_modules'));
  // The commands belong to each clone: `tripcast` is its own.
  rmSync(join(THERE, 'node_modules/.bin'));
  cpSync(join(packages, '.bin'), join(THERE, 'node_modules/.bin'), { recursive: true, verbatimSymlinks: true });
  const tools = join(CLONE, '.tripcast');
  const shared = readdirSync(tools).filter((name) => name.endsWith('venv') || name === 'platforms');
  linkAll(shared, tools, join(THERE, '.tripcast'));
  npm('run', 'setup', '--', '--without-mlflow', '--without-checks');
}

function linkAll(names: readonly string[], from: string, to: string): void {
  mkdirSync(to);
  for (const name of names) symlinkSync(join(from, name), join(to, name));
}

function npm(...args: readonly string[]): void {
  const [command, ...first] = npmCommand(process.env);
  there(command, [...first, ...args]);
}

/** @throws when it fails, or takes too long */
function there(command: string, args: readonly string[]): void {
  say(['in a new clone:', ...args].map((part) => part.split('/').at(-1)).join(' '));
  const { TRIPCAST_LOCAL: _, ...env } = process.env;
  execFileSync(command, args, {
    cwd: THERE,
    env,
    timeout: MOST_SECONDS * 1000,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
