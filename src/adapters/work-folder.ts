import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TripcastError } from '#errors.ts';

/** Folders of work in progress. A signal or process.exit() ends a process but no scope; they are removed then. */
const underWay = new Set<string>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A folder for the files of this piece of work alone; removed with everything in it when the scope or the process ends.
 * @param beside a folder in which to create it, hidden, so that what is finished in it can be renamed into place;
 *   defaults to the system's folder for temporary files
 * @throws TripcastError when it cannot be created there
 */
export async function workFolder(beside?: string): Promise<AsyncDisposable & { readonly path: string }> {
  const prefix = beside === undefined ? join(tmpdir(), 'tripcast-') : join(beside, '.tripcast-');
  watch();
  const path = make(prefix); // synchronous: no signal can arrive between creating the folder and recording it
  underWay.add(path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      underWay.delete(path);
    },
  };
}

function make(prefix: string): string {
  try {
    return mkdtempSync(prefix);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : String(cause);
    throw new TripcastError(
      `The folder ${dirname(prefix)} is not writable (${code})`,
      'Change its permissions, or give a path in another folder.',
      { cause },
    );
  }
}

let isWatching = false;

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('exit', removeAll);
  for (const signal of SIGNALS) process.prependListener(signal, endBySignal);
}

/** If something else listens, it lets the work and its scopes end; otherwise the signal ends the process as usual. */
function endBySignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  process.off(signal, endBySignal);
  process.kill(process.pid, signal);
}

function removeAll(): void {
  for (const path of underWay) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}
