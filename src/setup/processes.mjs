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
  const fields = statOf(pid);
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}

/**
 * proc(5): after the name come state (field 3), the parent's pid (4), ..., starttime (22).
 * @param {number | string} pid
 */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name is in parentheses and may contain anything
  } catch {
    return undefined; // no such process: the file system has no other way to say so
  }
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

/**
 * Everything that a process has started and that still descends from it, whatever process groups it is in.
 * @param {number} pid
 * @returns {number[]} parents before their children
 */
export function descendantsOf(pid) {
  const parents = process.platform === 'linux' ? parentsFromProc() : parentsFromPs();
  const found = [pid];
  for (const parent of found) for (const [child, its] of parents) if (its === parent) found.push(child);
  return found.slice(1);
}

/** @returns {[pid: number, parent: number][]} */
function parentsFromProc() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const parent = statOf(pid)?.[1];
    return parent === undefined ? [] : [[Number(pid), Number(parent)]];
  });
}

/** @returns {[pid: number, parent: number][]} */
function parentsFromPs() {
  const list = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return list
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, parent]) => [Number(pid), Number(parent)]);
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
