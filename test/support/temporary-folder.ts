import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty folder that goes with the test; its name has what a user's may have and a glob, a URL or a shell takes amiss. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tripcast té st [x]{a,b}#%20*-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
