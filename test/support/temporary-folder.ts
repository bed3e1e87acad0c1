import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty folder, deleted with the test. Its name is a valid path that a glob, a URL or a shell misreads. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tripcast té st [x]{a,b}#%20-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
