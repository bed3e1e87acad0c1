import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { LocalEnvironment } from '#local/environment.ts';

/** In an emulator's folder: why it did not come up. */
export const FAILED = 'failed.txt';

const PATIENCE_MS = 300_000;
const POLL_MS = 100;

/**
 * Waits for the emulator that emulator.ts brings up for a worker.
 * @param read the environment of its folder
 * @throws Error with the reason when it did not come up
 */
export async function emulatorIn(dir: string, read: () => LocalEnvironment | undefined): Promise<LocalEnvironment> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await setTimeout(POLL_MS)) {
    const environment = read();
    if (environment?.deployed !== undefined) return environment;
    const reason = textOf(join(dir, FAILED));
    if (reason !== undefined) throw new Error(`The emulator did not come up: ${reason}`);
  }
  throw new Error(`There is no emulator in ${dir} after ${PATIENCE_MS / 1000} s.`);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // it is not there, which is what is hoped for
  }
}
