import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build, type OutputFile, type Plugin } from 'esbuild';
import { CONSOLE_FOLDER } from '#adapters/console-files.ts';
import { SWAGGER_FOLDER } from '#adapters/swagger-ui.ts';
import { FUNCTIONS } from '#lib/config/functions.ts';
import type { Config } from '#lib/config/schema.ts';
import { SWAGGER_FILES } from '#serving/docs.ts';
import { LEAN_ZOD } from '#setup/lean-zod.mjs';
import { CLONE, SWAGGER_PACKAGE } from '#setup/paths.mjs';
import type { FunctionAssets, ImageContext, NativesLayer } from './assets.ts';
import { buildConsole } from './console.ts';
import { type FunctionGroup, functionGroups } from './function-groups.ts';
import { LEAN_SDK } from './lean-sdk.ts';
import { assembleNatives, zipNatives } from './natives.ts';
import { hostPlatform, type Platform } from './platform.ts';

const DIST = join(CLONE, 'dist');
const suffix = (group: FunctionGroup['name']) => (group === 'main' ? '' : `-${group}`);

/** The bytes of each bundle, by its path in the output folder without `.js`: `predict/index`. */
export type BundleSizes = ReadonlyMap<string, number>;

/**
 * Builds what a configuration deploys under dist/: zip functions with this machine's natives, or the contexts of images
 * with those of Lambda's linux-x64, on any machine.
 * @param onBundled gets the sizes of the bundles: a cold start reads and compiles all of its own
 * @example
 * new TripcastStack(app, { config, assets: await buildAssets(config), codeVersion });
 */
export async function buildAssets(
  { packaging, engine }: Pick<Config, 'packaging' | 'engine'>,
  onBundled: (sizes: BundleSizes) => void = () => {},
): Promise<FunctionAssets> {
  // Group by group: what another platform needs is fetched into one folder.
  const groups = functionGroups(engine);
  if (packaging === 'image') {
    const images: ImageContext[] = [];
    for (const group of groups) images.push({ group, context: await buildImageContext(group, onBundled) });
    return { packaging, images };
  }
  const platform = hostPlatform();
  const functions = join(DIST, 'functions');
  const [layers, sizes] = await Promise.all([zipLayers(groups, platform), bundleFunctions(functions)]);
  onBundled(sizes);
  return { packaging, functions, layers, architecture: platform.endsWith('arm64') ? 'arm64' : 'x86_64' };
}

async function zipLayers(groups: readonly FunctionGroup[], platform: Platform): Promise<readonly NativesLayer[]> {
  const layers: NativesLayer[] = [];
  for (const group of groups) {
    const archive = join(DIST, `natives${suffix(group.name)}-${platform}.zip`);
    layers.push({ group, archive, hash: await zipNatives(archive, platform, group.libraries) });
  }
  return layers;
}

/** @returns the folder that the group's image is built from: the Dockerfile and everything it copies */
export async function buildImageContext(
  { name: group, functions, libraries }: FunctionGroup,
  onBundled: (sizes: BundleSizes) => void = () => {},
): Promise<string> {
  // Lambda reads an image's files as a different user: the folders must be readable whatever the builder's umask is,
  // here and in the CDK's copy.
  process.umask(0o022);
  const context = join(DIST, `image${suffix(group)}`);
  const entries = FUNCTION_ENTRIES.filter(({ out }) => functions.some((name) => out.startsWith(`${name}/`)));
  await mkdir(context, { recursive: true });
  const code = join(context, 'code');
  await rm(code, { recursive: true, force: true });
  const [own, serve] = await Promise.all([
    bundle(entries, code, [LEAN_SDK]),
    bundle([SERVE], code), // anywhere: its credentials may be in a profile
    assembleNatives(join(context, 'natives'), 'linux-x64', libraries),
    ...['Dockerfile', '.dockerignore', 'entrypoint.sh'].map((file) =>
      copyFile(join(CLONE, 'docker', file), join(context, file)),
    ),
  ]);
  onBundled(new Map([...own, ...serve]));
  return context;
}

interface Entry {
  readonly in: string;
  readonly out: string;
  /** Whether it serves pages, and so needs the files of the console and of Swagger UI next to it. */
  readonly pages: boolean;
}

const FUNCTION_ENTRIES: readonly Entry[] = [
  ...FUNCTIONS.map((name) => ({ in: `lambdas/${name}/handler.ts`, out: `${name}/index`, pages: name === 'predict' })),
  // A month is worth a second thread, whose file is looked for next to the bundle.
  { in: 'src/adapters/scoring-worker.ts', out: 'score/scoring-worker', pages: false },
];

/** The API anywhere else: `docker run IMAGE serve`. */
const SERVE: Entry = { in: 'docker/serve.ts', out: 'serve/index', pages: true };

/**
 * Bundles each lambdas/{name}/handler.ts into {outDir}/{name}/index.js, the AWS SDK included. CommonJS, because only
 * `require` finds the natives where a layer puts them (NODE_PATH). The same sources give the same bytes; lines stay
 * readable, so that a stack trace needs no source map.
 */
export async function bundleFunctions(outDir: string): Promise<BundleSizes> {
  await rm(outDir, { recursive: true, force: true });
  return await bundle(FUNCTION_ENTRIES, outDir, [LEAN_SDK]);
}

async function bundle(
  entries: readonly Entry[],
  outDir: string,
  plugins: readonly Plugin[] = [],
): Promise<BundleSizes> {
  const { outputFiles } = await build({
    write: false,
    absWorkingDir: CLONE,
    entryPoints: entries.map((entry) => ({ in: entry.in, out: entry.out })),
    outdir: outDir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // The packages' ES modules, where they have them, so that unused code is dropped.
    mainFields: ['module', 'main'],
    // Dynamic imports become a `require` too, for the same reason.
    supported: { 'dynamic-import': false },
    external: ['onnxruntime-node', 'onnxruntime-common', '@duckdb/*', 'koffi'],
    plugins: [LEAN_ZOD, ...plugins],
    legalComments: 'none',
    logLevel: 'error',
    // An entry may look for files next to its bundle. Otherwise a bundle has no file location to be relative to: better
    // to find out here than in a cold start.
    define: { 'import.meta.dirname': '__dirname' },
    logOverride: { 'empty-import-meta': 'error' },
  });
  await Promise.all(outputFiles.map(writeAscii));
  await Promise.all(entries.flatMap(({ pages, out }) => (pages ? [copyPages(join(outDir, dirname(out)))] : [])));
  const folders = new Set(entries.map(({ out }) => join(outDir, dirname(out))));
  await Promise.all([...folders].map((folder) => writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }\n')));
  const name = (path: string) => relative(outDir, path).replace(/\.js$/, '');
  return new Map(outputFiles.map(({ path, text }) => [name(path), text.length]));
}

/**
 * esbuild escapes what is not ASCII, except in comments; there it becomes a question mark. A single one would make each
 * character of the bundle two bytes, and the cold start 3 ms longer.
 */
async function writeAscii({ path, text }: OutputFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text.replace(/\P{ASCII}/gu, '?'));
}

async function copyPages(folder: string): Promise<void> {
  const docs = join(folder, SWAGGER_FOLDER);
  await mkdir(docs, { recursive: true });
  await mkdir(join(folder, CONSOLE_FOLDER, 'assets'), { recursive: true });
  const files = [...(await buildConsole())];
  await Promise.all([
    ...SWAGGER_FILES.map((file) => copyFile(join(SWAGGER_PACKAGE, file), join(docs, file))),
    ...files.map(([path, content]) => writeFile(join(folder, CONSOLE_FOLDER, path), content)),
  ]);
}
