// The pre-commit hook's work: checks what is about to be committed, which need not be what is in the folder.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileProblems } from './file-problems.ts';

const git = (...args: readonly string[]) => execFileSync('git', args, { encoding: 'utf8' });

const changed = git('diff', '--cached', '--name-only', '-z', '--diff-filter=ACMRT');
const staged = changed.split('\0').filter((file) => file !== '');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tripcast-staged-')));
try {
  if (staged.length > 0) git('checkout-index', `--prefix=${folder}/`, '--', ...staged);
  const problems = fileProblems(folder, staged);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error('Not committed. If it is not a secret, say so in a comment above it: secretlint-disable-next-line');
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
