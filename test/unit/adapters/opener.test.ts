import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openFile } from '#adapters/opener.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const OPENERS = ['open', 'xdg-open'];

function usePath(folder: string): void {
  vi.stubEnv('PATH', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test('the platform’s opener gets the path as it is', async () => {
  const folder = temporaryFolder();
  const seen = join(folder, 'seen');
  for (const name of OPENERS) {
    writeFileSync(join(folder, name), `#!/bin/sh\nprintf %s "$1" > '${seen}'\n`, { mode: 0o755 });
  }
  usePath(folder);
  expect(await openFile('/a b/$HOME/report.html')).toBe(true);
  await vi.waitFor(() => expect(readFileSync(seen, 'utf8')).toBe('/a b/$HOME/report.html'));
});

test('a machine without one says so', async () => {
  usePath(temporaryFolder());
  expect(await openFile('/report.html')).toBe(false);
});
