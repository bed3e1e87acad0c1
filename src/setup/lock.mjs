import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isRunning, thisProcess } from './processes.mjs';

const POLL_MS = 100;
/** The error of link(2) on a file system without hard links: exFAT, some network shares, and some FUSE file systems. */
const NO_HARD_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];
/** How often to check a lock that is still empty, and how long to wait for its content. */
const APPEARS_MS = 5;
const SAYS_NOTHING_MS = 1000;
/** Holder of a damaged lock file (empty after a crash, cut short by a full disk): no process, so the lock is stale. */
const NOBODY = Object.freeze({ pid: 0, start: 'damaged' });

/**
 * Runs `work` while holding a lock file, so that two commands in one clone run it one after the other.
 * A lock whose process is gone (a crash, kill -9, a reboot) is taken over.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {{ onWait?: (holder: { pid: number }) => void, signal?: AbortSignal }} [options] onWait: called once, if there is a wait
 * @returns {Promise<T>}
 */
export async function withLock(file, work, { onWait, signal } = {}) {
  const mine = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(mine, JSON.stringify(thisProcess()));
  try {
    let reported = false;
    while (!acquire(file, mine)) {
      signal?.throwIfAborted();
      const holder = readHolder(file);
      if (holder === undefined) {
        await pause(APPEARS_MS);
        continue;
      }
      if (!isRunning(holder)) {
        breakLock(file, mine, holder);
        continue;
      }
      if (!reported) onWait?.(holder);
      reported = true;
      await pause(POLL_MS);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * A hard link appears atomically and fails if the name is taken: a lock is never visible without its holder.
 * @param {string} file
 * @param {string} mine
 */
function acquire(file, mine) {
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    if (NO_HARD_LINKS.some((code) => isCode(error, code))) return create(file, readFileSync(mine));
    throw error;
  }
}

/**
 * Without hard links: a file that is created only if the name is free, and is empty for a moment. Others wait for it.
 * @param {string} file
 * @param {Uint8Array} content
 */
function create(file, content) {
  let made;
  try {
    made = openSync(file, 'wx');
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    writeFileSync(made, content);
    return true;
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(made);
  }
}

/**
 * @param {string} file
 * @returns {{ pid: number, start: string } | undefined} undefined: it was just released, or is just being created
 */
function readHolder(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  return parseHolder(text) ?? (isNew(file) ? undefined : NOBODY);
}

/** @param {string} text */
function parseHolder(text) {
  try {
    const { pid, start } = JSON.parse(text);
    return typeof pid === 'number' && typeof start === 'string' ? { pid, start } : undefined;
  } catch {
    return undefined; // JSON.parse has no other way to say so
  }
}

/** @param {string} file */
function isNew(file) {
  const seen = statSync(file, { throwIfNoEntry: false });
  return seen === undefined || Math.abs(Date.now() - seen.mtimeMs) < SAYS_NOTHING_MS;
}

/**
 * Removes a stale lock. Two waiters may try at once: the rename lets one win, and one that finds it took a fresh lock
 * puts it back.
 * @param {string} file
 * @param {string} mine
 * @param {{ pid: number, start: string }} stale
 */
function breakLock(file, mine, stale) {
  const aside = `${mine}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  const taken = readHolder(aside);
  if (taken?.pid !== stale.pid || taken.start !== stale.start) acquire(file, aside);
  else if (stale === NOBODY) console.error(`tripcast: ${file} was damaged and has been discarded.`);
  rmSync(aside, { force: true });
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * @param {unknown} error
 * @param {string} code
 */
const isCode = (error, code) => error instanceof Error && 'code' in error && error.code === code;
