import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { XGBOOST_VERSION } from '#adapters/xgboost.ts';
import { TripcastError } from '#errors.ts';
import { CLONE, CLONE_LOCAL, PYTHON } from '#setup/paths.mjs';
import { npmCommand } from '#setup/setup.mjs';
import { runCommand } from './command.ts';
import type { Platform } from './platform.ts';

/** Apart from this clone's own: npm removes what its lock does not list. */
export const foreignPackages = (platform: Platform) => join(CLONE_LOCAL, 'platforms', platform);
export const wheelsOf = (platform: Platform) => join(foreignPackages(platform), 'wheels');

/** How pip names the processors of wheels that run on Lambda's Linux (PEP 600). */
const WHEEL_TAGS: Partial<Record<Platform, string>> = {
  'linux-x64': 'manylinux_2_28_x86_64',
  'linux-arm64': 'manylinux_2_28_aarch64',
};

/**
 * Fetches what this machine's setup left out: the builds for another platform, in the versions installed here. Does
 * nothing if they are already there.
 * @throws TripcastError when a registry does not answer, or no function runs on the platform
 */
export async function fetchPackages(platform: Platform): Promise<void> {
  const tag = WHEEL_TAGS[platform];
  if (tag === undefined) {
    throw new TripcastError(
      `Natives for ${platform} cannot be packaged on ${process.platform}-${process.arch}`,
      `No function runs there: use ${Object.keys(WHEEL_TAGS).join(' or ')}.`,
    );
  }
  const folder = foreignPackages(platform);
  const packages = [
    [`@duckdb/node-bindings-${platform}`, versionHere('@duckdb/node-bindings')],
    [`@koromix/koffi-${platform}`, versionHere('koffi')],
  ] as const;
  const wheel = `xgboost-cpu==${XGBOOST_VERSION}`;
  const wanted = [...packages.map((each) => each.join('@')), wheel].join('\n');
  const stamp = join(folder, 'installed');
  if ((await textOf(stamp)) === wanted) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"private":true}\n');
  const fix = 'Check that the registry can be reached, then run it again.';
  const [npm, ...npmArgs] = npmCommand(process.env);
  const [os = '', cpu = ''] = platform.split('-');
  const target = `--os ${os} --cpu ${cpu} --libc glibc --force --no-save --ignore-scripts --no-audit`.split(' ');
  const pip = ['-I', '-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary=:all:'];
  await Promise.all([
    runCommand(npm, [...npmArgs, 'install', ...target, ...packages.map((each) => each.join('@'))], {
      cwd: folder,
      fix,
    }),
    runCommand(PYTHON, [...pip, '--platform', tag, '--target', wheelsOf(platform), wheel], { cwd: folder, fix }),
  ]);
  await writeFile(stamp, wanted);
}

function versionHere(name: string): string {
  const version = installedVersion(join(CLONE, 'node_modules', name));
  if (version !== undefined) return version;
  throw new TripcastError(`The package ${name} is not installed`, 'Run `npm run setup`.');
}

/** @param folder of a package @returns undefined when it is not installed */
export function installedVersion(folder: string): string | undefined {
  try {
    const { version }: { readonly version?: unknown } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined; // not installed
  }
}

/** undefined if there is no such file */
export async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined; // not created yet
  }
}
