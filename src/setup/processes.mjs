import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';

/**
 * A string that distinguishes a process from a later one with the same pid.
 * @param {number} pid
 * @returns {string | undefined} undefined: there is no such process, or only its zombie
 */
export function processStart(pid) {
  return process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
}

/** @param {number} pid */
function startFromProc(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // no such process: the file system has no other way to say so
  }
  // proc(5): the name is in parentheses and may contain anything; after it, state is field 3 and starttime field 22.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? undefined : rest[18];
}

/** @param {number} pid */
function startFromPs(pid) {
  try {
    const [state = '', ...start] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .split(/\s+/);
    return state.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return undefined; // ps exits 1 when there is no such process
  }
}

/**
 * @param {{ pid: number, start: string }} known a process as it was when it was recorded
 * @returns {boolean} whether that same process is still running
 */
export function isRunning({ pid, start }) {
  return processStart(pid) === start;
}

/**
 * The processes that were started with this argument, whether or not anything else knows about them.
 * @param {string} argument
 * @returns {{ pid: number, start: string }[]}
 */
export function processesWith(argument) {
  const pids = process.platform === 'linux' ? pidsFromProc(argument) : pidsFromPs(argument);
  return pids.flatMap((pid) => {
    const start = processStart(pid);
    return start === undefined ? [] : [{ pid, start }];
  });
}

/** @param {string} argument */
function pidsFromProc(argument) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => argumentsFromProc(pid).includes(argument)).map(Number);
}

/** @param {string} pid */
function argumentsFromProc(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // it has just ended
  }
}

/** @param {string} argument */
function pidsFromPs(argument) {
  const list = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,command='], { encoding: 'utf8' });
  const lines = list.split('\n').filter((line) => `${line} `.includes(` ${argument} `));
  return lines.map((line) => Number.parseInt(line, 10));
}

/** The calling process. */
export function thisProcess() {
  const start = processStart(process.pid);
  if (start === undefined) throw new Error(`cannot read the start time of this process (${process.pid})`);
  return { pid: process.pid, start };
}

/**
 * Runs a command in this terminal and waits for it; signals are forwarded: stopping this process stops the command.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} its exit code; 128 + n when signal n ended it
 */
export function runInForeground(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  // In a terminal, Ctrl-C reaches the whole foreground group, child included: a second one looks like impatience.
  const inTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const pass = (/** @type {NodeJS.Signals} */ signal) => {
    if (!(inTerminal && signal === 'SIGINT')) child.kill(signal);
  };
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      for (const name of signals) process.off(name, pass);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
