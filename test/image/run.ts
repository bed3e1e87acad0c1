// npm run test:image [-- [--if-available] [--base IMAGE] [vitest argument ...]]
// Finds or starts a Docker engine, makes a base like AWS's unless one is named, builds the functions' images on it, and
// runs this folder's tests against them. --if-available: being unable to get an engine or a base is not a failure.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { codeVersion } from '#adapters/git.ts';
import { TripcastError } from '#errors.ts';
import { findEngine, thisMachine } from '#local/docker-engine.ts';
import type { Docker } from '#packaging/docker.ts';
import { functionGroups } from '#packaging/function-groups.ts';
import { buildImage } from '#packaging/image.ts';
import { withLock } from '#setup/lock.mjs';
import { CLONE, CLONE_LOCAL } from '#setup/paths.mjs';
import { runInForeground } from '#setup/processes.mjs';
import { lambdaBase } from './base.ts';

const { values: options, positionals: vitestArgs } = parseArgs({
  options: { 'if-available': { type: 'boolean', default: false }, base: { type: 'string' } },
  allowPositionals: true,
});
const TAG = 'tripcast-test-image';
const started = performance.now();
const say = (line: string) =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);

/** @returns the exit code */
async function run(): Promise<number> {
  const engine = await ifAvailable(findEngine(thisMachine, say));
  if (engine === undefined) return 0;
  try {
    say(`engine: ${engine.description}`);
    const base = await ifAvailable(
      options.base === undefined
        ? lambdaBase(engine.docker, thisMachine, say)
        : pulledBase(engine.docker, options.base),
    );
    return base === undefined ? 0 : await testOn(engine.docker, base);
  } finally {
    await engine.stop();
  }
}

/** BuildKit would pull it for itself only, and the tests need its size. @returns its tag */
async function pulledBase(docker: Docker, tag: string): Promise<string> {
  const isThere = (await docker.run('images', '--quiet', tag)) !== '';
  if (!isThere) await docker.run('pull', '--platform', 'linux/amd64', tag);
  return tag;
}

/** @returns undefined if it is not available and need not be */
async function ifAvailable<T>(wanted: Promise<T>): Promise<T | undefined> {
  try {
    return await wanted;
  } catch (error) {
    if (!options['if-available'] || !(error instanceof TripcastError)) throw error;
    console.log(`The image was not tested: ${error.message}\n0 passed, 0 failed`);
    return undefined;
  }
}

async function testOn(docker: Docker, base: string): Promise<number> {
  say(`base image: ${base}`);
  const version = await codeVersion(CLONE);
  const images = [...functionGroups('auto'), ...functionGroups('tripcast').filter(({ name }) => name === 'serving')];
  for (const group of images) {
    await buildImage({ docker, tag: `${TAG}:${group.name}`, base, codeVersion: version, group });
    say(`image: ${TAG}:${group.name}`);
  }
  const args = ['run', '--config', join(import.meta.dirname, 'vitest.config.ts'), ...vitestArgs];
  const facts = {
    TRIPCAST_IMAGE: `${TAG}:main`,
    TRIPCAST_SERVING_IMAGE: `${TAG}:serving`,
    TRIPCAST_BASE_IMAGE: base,
    ...(docker.log && { TRIPCAST_DOCKER_LOG: docker.log }),
  };
  const env = { ...process.env, ...docker.env, ...facts };
  return runInForeground('vitest', args, { cwd: CLONE, env });
}

// An engine that was started here is stopped when this process exits, which a signal alone would not trigger.
for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(name, () => process.exit(code));
}
try {
  process.exitCode = await withLock(join(CLONE_LOCAL, 'image-test.lock'), run, {
    onWait: ({ pid }) => say(`waiting for another image test of this clone (pid ${pid})`),
  });
} catch (error) {
  console.error(error instanceof TripcastError ? error.message : error);
  process.exitCode = 1;
}
