import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CLONE_LOCAL } from '#setup/paths.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const PATHS = new URL('../../../src/setup/paths.mjs', import.meta.url).href;

/** LOCAL as a process in `cwd` sees it, and what it leaves to a child in another folder. */
function seenIn(cwd: string, TRIPCAST_LOCAL: string | undefined): { local: string; passedOn: string } {
  const script = `import(${JSON.stringify(PATHS)}).then(({ LOCAL }) =>
    console.log(JSON.stringify({ local: LOCAL, passedOn: process.env.TRIPCAST_LOCAL ?? '' })))`;
  const { TRIPCAST_LOCAL: _, ...rest } = process.env;
  const env = { ...rest, ...(TRIPCAST_LOCAL !== undefined && { TRIPCAST_LOCAL }) };
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd, env, encoding: 'utf8' }));
}

test('a relative TRIPCAST_LOCAL means the folder below the current one, for child processes too', () => {
  const cwd = temporaryFolder();
  const state = join(cwd, 'my state');
  expect(seenIn(cwd, 'my state')).toEqual({ local: state, passedOn: state });
  expect(seenIn(cwd, './my state/')).toEqual({ local: state, passedOn: state });
  expect(seenIn(cwd, state)).toEqual({ local: state, passedOn: state });
});

test.each([undefined, ''])('TRIPCAST_LOCAL=%j leaves the state in the clone', (value) => {
  expect(seenIn(temporaryFolder(), value)).toEqual({ local: CLONE_LOCAL, passedOn: '' });
});
