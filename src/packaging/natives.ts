import { createHash } from 'node:crypto';
import { constants, globSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { WHEEL_IN_LAYER, XGBOOST_VERSION } from '#adapters/xgboost.ts';
import { TripcastError } from '#errors.ts';
import { CLONE, CLONE_LOCAL } from '#setup/paths.mjs';
import { fetchPackages, foreignPackages, installedVersion, textOf, wheelsOf } from './foreign-packages.ts';
import { NATIVE_LIBRARIES, type NativeLibrary } from './function-groups.ts';
import { hostPlatform, isHost, type Platform } from './platform.ts';
import { writeStoredZip, type ZipEntry } from './stored-zip.ts';

/** The machine field of an ELF header (elf.h: EM_X86_64, EM_AARCH64). */
const ELF_MACHINE: Partial<Record<Platform, number>> = { 'linux-x64': 62, 'linux-arm64': 183 };
/** Lambda's limit for a function and its layers, unzipped: 250 MB, of which the bundle needs a few. */
const LAYER_LIMIT_BYTES = 240 * 2 ** 20;
const ALL: readonly NativeLibrary[] = NATIVE_LIBRARIES;
/** Increases when the selection changes though the packages do not. */
const SELECTION = 3;

/**
 * The XGBoost library installed by this clone's setup, or the one that XGBOOST_LIBRARY names.
 * @throws TripcastError when it is not installed
 */
export function xgboostLibrary(): string {
  const platform = hostPlatform();
  return process.env.XGBOOST_LIBRARY ?? join(xgboostWheel(platform).folder, libraryInWheel(platform));
}

/**
 * Copies the native packages for one platform, without what only their developers need, to
 * {outDir}/nodejs/node_modules, and XGBoost's library next to it: the layout of a Lambda layer. Does nothing if they
 * are already there.
 * @param libraries which of them; by default all
 * @returns a hash of the contents
 * @throws TripcastError when a package lacks the platform's build, or contains a binary for another machine
 */
export function assembleNatives(outDir: string, platform: Platform, libraries = ALL): Promise<string> {
  return unlessThere(outDir, { platform, libraries }, async (draft, entries) => {
    for (const { path, file } of entries) {
      const target = join(draft, path);
      await mkdir(dirname(target), { recursive: true });
      // Copy-on-write where the file system supports it; never a link, through which a write would reach node_modules.
      await copyFile(file, target, constants.COPYFILE_FICLONE);
      await chmod(target, 0o644); // Lambda reads an image's files as a different user
    }
  });
}

/** Like {@link assembleNatives}, but into one archive; also throws when it exceeds Lambda's limit. */
export function zipNatives(outFile: string, platform: Platform, libraries = ALL): Promise<string> {
  return unlessThere(outFile, { platform, libraries }, async (draft, entries) => {
    const sizes = await Promise.all(entries.map(async ({ file }) => (await stat(file)).size));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (bytes > LAYER_LIMIT_BYTES) {
      throw new TripcastError(
        `The natives layer for ${platform} has ${bytes} bytes, but Lambda allows ${LAYER_LIMIT_BYTES}`,
        'Leave something out in src/packaging/natives.ts, or use the image packaging.',
      );
    }
    await writeStoredZip(draft, entries);
  });
}

/** Builds a draft next to `target` and moves it into place, unless it was already built from the same packages. */
async function unlessThere(
  target: string,
  { platform, libraries }: { readonly platform: Platform; readonly libraries: readonly NativeLibrary[] },
  make: (draft: string, entries: readonly ZipEntry[]) => Promise<void>,
): Promise<string> {
  if (!isHost(platform)) await fetchPackages(platform);
  const packages = libraries.flatMap((library) => PACKAGES[library](platform));
  const content = JSON.stringify([SELECTION, platform, packages.map(({ name, version }) => [name, version])]);
  const hash = createHash('sha256').update(content).digest('hex');
  const stampFile = `${target}.stamp`;
  if ((await textOf(stampFile)) === hash) return hash;

  const entries = (await Promise.all(packages.map(entriesOf))).flat();
  await Promise.all(entries.map(({ file }) => checkBinary(file, platform)));
  const draft = `${target}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(dirname(target), { recursive: true });
  await make(draft, entries);
  await rm(stampFile, { force: true });
  await rm(target, { recursive: true, force: true });
  await rename(draft, target);
  await writeFile(stampFile, hash);
  return hash;
}

interface NativePackage {
  readonly name: string;
  readonly folder: string;
  readonly version: string;
  /** The folders and files that are needed at run time, relative to the package. */
  readonly parts: readonly string[];
  /** Where it goes in a layer. */
  readonly into: string;
}

const PACKAGES: Readonly<Record<NativeLibrary, (platform: Platform) => readonly NativePackage[]>> = {
  onnxruntime: (platform) => [
    packageOf('onnxruntime-node', platform, ['package.json', 'dist', `bin/napi-v6/${platform.replace('-', '/')}`]),
    packageOf('onnxruntime-common', platform, ['package.json', 'dist/cjs']),
  ],
  duckdb: (platform) => [
    packageOf('@duckdb/node-api', platform, ['package.json', 'lib']),
    packageOf('@duckdb/node-bindings', platform, ['package.json', 'duckdb.js']),
    packageOf(`@duckdb/node-bindings-${platform}`, platform, ['.']),
    packageOf('detect-libc', platform, ['package.json', 'lib']),
  ],
  xgboost: (platform) => [
    packageOf('koffi', platform, [
      'package.json',
      'index.js',
      'index.cjs',
      'src/koffi/index.js',
      'src/koffi/index.cjs',
      'src/koffi/src/static.js',
      'src/koffi/src/static.cjs',
    ]),
    packageOf(`@koromix/koffi-${platform}`, platform, ['package.json', 'index.js', platform.replace('-', '_')]),
    xgboostWheel(platform),
  ],
};

/** The wheel as pip installed it: the library finds its libgomp by a relative path, so the layout is kept. */
function xgboostWheel(platform: Platform): NativePackage {
  const [root, packages] = isHost(platform)
    ? [CLONE_LOCAL, 'venv/lib/python3.*/site-packages']
    : [wheelsOf(platform), '.'];
  const wanted = join(packages, libraryInWheel(platform));
  const library = findFile(root, wanted);
  if (library === undefined) {
    throw new TripcastError(
      `XGBoost ${XGBOOST_VERSION} for ${platform} is not installed: there is no ${join(relative(CLONE, root), wanted)}`,
      'Run `npm run setup`.',
    );
  }
  const folder = library.slice(0, -libraryInWheel(platform).length);
  const parts = platform.startsWith('linux') ? ['xgboost/lib', 'xgboost_cpu.libs'] : ['xgboost/lib'];
  return { name: WHEEL_IN_LAYER, folder, version: XGBOOST_VERSION, parts, into: `nodejs/${WHEEL_IN_LAYER}` };
}

/** The first file matching the pattern below a folder, whose own path is not a pattern: a clone may be in `a [b]`. */
export function findFile(root: string, pattern: string): string | undefined {
  const [found] = globSync(pattern, { cwd: root });
  return found === undefined ? undefined : join(root, found);
}

const libraryInWheel = (platform: Platform) =>
  `xgboost/lib/libxgboost.${platform.startsWith('darwin') ? 'dylib' : 'so'}`;

/** A package of this clone, or of the platform fetched alongside it. */
function packageOf(name: string, platform: Platform, parts: readonly string[]): NativePackage {
  const places = [join(CLONE, 'node_modules', name), join(foreignPackages(platform), 'node_modules', name)];
  const into = `nodejs/node_modules/${name}`;
  for (const folder of places) {
    const version = installedVersion(folder);
    if (version !== undefined) return { name, folder, version, parts, into };
  }
  throw new TripcastError(`The package ${name} is not installed, and ${platform} needs it`, 'Run `npm run setup`.');
}

/** A package's files and their paths in a layer; types, source maps and manuals are left out. */
async function entriesOf(each: NativePackage): Promise<readonly ZipEntry[]> {
  const { folder, parts, into } = each;
  const files = await Promise.all(
    parts.map((part) => (/\.(c?js|json)$/.test(part) ? [join(folder, part)] : filesIn(join(folder, part), each))),
  );
  return files
    .flat()
    .filter((file) => !/\.(d\.ts|map|md)$/.test(file))
    .sort()
    .map((file) => ({ path: `${into}/${relative(folder, file)}`, file }));
}

async function filesIn(part: string, { name, folder, version }: NativePackage): Promise<readonly string[]> {
  try {
    const entries = await readdir(part, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (cause) {
    throw new TripcastError(
      `${name} ${version} has no folder ${relative(folder, part)}`,
      'Either it is not built for this platform (use another one), or its layout has changed (fix src/packaging/natives.ts).',
      { cause },
    );
  }
}

/** @throws TripcastError for a .node or .so file that the platform cannot load */
export async function checkBinary(file: string, platform: Platform): Promise<void> {
  const machine = ELF_MACHINE[platform];
  if (machine === undefined || !/\.(node|so)(\.\d+)*$/.test(file)) return;
  const header = Buffer.alloc(20);
  await using handle = await open(file);
  await handle.read(header, 0, header.length, 0);
  if (header.toString('latin1', 0, 4) === '\x7fELF' && header.readUInt16LE(18) === machine) return;
  throw new TripcastError(
    `${relative(CLONE, file)} is not a ${platform} binary`,
    'Delete node_modules and run `npm run setup` again.',
  );
}
