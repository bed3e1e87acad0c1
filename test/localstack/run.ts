// npm run test:localstack [-- [--if-available] [vitest argument ...]]
// Installs LocalStack without its image and runs this folder's tests on it; where a Docker engine has the image, on that.
// --if-available: being unable to install it is not a failure.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TripcastError } from '#errors.ts';
import { withLock } from '#setup/lock.mjs';
import { CLONE, CLONE_LOCAL } from '#setup/paths.mjs';
import { runInForeground } from '#setup/processes.mjs';
import { findImage } from './container.ts';
import { installLocalStack } from './install.ts';

const { values: options, positionals: vitestArgs } = parseArgs({
  options: { 'if-available': { type: 'boolean', default: false } },
  allowPositionals: true,
});
const started = performance.now();
const say = (line: string) =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);

/** @returns the exit code */
async function run(): Promise<number> {
  if (!(await isInstalled())) return 0;
  const image = await findImage();
  say(image === undefined ? 'LocalStack: its Python package; functions are processes' : `LocalStack: ${image}`);
  const args = ['run', '--config', join(import.meta.dirname, 'vitest.config.ts'), ...vitestArgs];
  return runInForeground('vitest', args, { cwd: CLONE });
}

/** @returns whether it could be installed; if not, it need not be available */
async function isInstalled(): Promise<boolean> {
  try {
    await installLocalStack(say);
    return true;
  } catch (error) {
    if (!options['if-available'] || !(error instanceof TripcastError)) throw error;
    console.log(`LocalStack was not tested: ${error.message}\n0 passed, 0 failed`);
    return false;
  }
}

try {
  process.exitCode = await withLock(join(CLONE_LOCAL, 'localstack-test.lock'), run, {
    onWait: ({ pid }) => say(`waiting for another LocalStack test of this clone (pid ${pid})`),
  });
} catch (error) {
  console.error(error instanceof TripcastError ? error.message : error);
  process.exitCode = 1;
}
