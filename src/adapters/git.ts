import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Which code this is: the commit's first 12 digits, `-changed` if files differ from it; `unknown` outside a clone. */
export async function codeVersion(folder: string): Promise<string> {
  try {
    const git = (...args: string[]) => run('git', ['-C', folder, ...args]);
    const [{ stdout: commit }, { stdout: changes }] = await Promise.all([
      git('rev-parse', '--short=12', 'HEAD'),
      git('status', '--porcelain', '--untracked-files=no'),
    ]);
    return changes === '' ? commit.trim() : `${commit.trim()}-changed`;
  } catch {
    return 'unknown'; // no git, or not a clone: a downloaded archive runs too
  }
}
