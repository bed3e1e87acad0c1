import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty folder, deleted with the test. Its name holds what a user's path may hold and a glob, a URL or a shell misreads. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tripcast té st [x]{a,b}#%20-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
