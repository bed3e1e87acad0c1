import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TripcastError } from '#errors.ts';

/** Folders of work under way. A signal or process.exit() ends a process without the end of any scope: they are removed then. */
const underWay = new Set<string>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A folder for files of this piece of work alone; gone with everything in it when the scope ends, or the process does.
 * @param beside a folder in which to make it, hidden, so that what is finished in it can be renamed into place; the system's
 *   folder for temporary files without it
 * @throws TripcastError when none can be made there
 */
export async function workFolder(beside?: string): Promise<AsyncDisposable & { readonly path: string }> {
  const prefix = beside === undefined ? join(tmpdir(), 'tripcast-') : join(beside, '.tripcast-');
  watch();
  const path = make(prefix); // at once, so that no signal falls between the folder and the note of it
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

/** Whoever else listens lets the work end, and its scopes with it; otherwise the signal ends the process, as by default. */
function endBySignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  process.off(signal, endBySignal);
  process.kill(process.pid, signal);
}

function removeAll(): void {
  for (const path of underWay) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}
