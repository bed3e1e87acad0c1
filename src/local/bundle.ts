import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { FUNCTIONS } from '../../lib/config.ts';
import type { FunctionAssets } from '../../lib/constructs/function-code.ts';
import { assembleNatives, hostPlatform, zipNatives } from './natives.ts';
import { CLONE } from './paths.ts';

const DIST = join(CLONE, 'dist');

/**
 * Builds what a packaging needs under dist/: zip functions with the natives of this machine, or the context of an image
 * with those of Lambda's linux-x64, whatever machine this is.
 */
export async function buildAssets(packaging: FunctionAssets['packaging']): Promise<FunctionAssets> {
  if (packaging === 'image') {
    const context = join(DIST, 'image');
    await mkdir(context, { recursive: true });
    await Promise.all([
      bundleFunctions(join(context, 'functions')),
      assembleNatives(join(context, 'natives'), 'linux-x64'),
      copyFile(join(CLONE, 'docker/Dockerfile'), join(context, 'Dockerfile')),
    ]);
    return { packaging, context };
  }
  const platform = hostPlatform();
  const functions = join(DIST, 'functions');
  const layer = join(DIST, `natives-${platform}.zip`);
  const [layerHash] = await Promise.all([zipNatives(layer, platform), bundleFunctions(functions)]);
  return { packaging, functions, layer, layerHash, architecture: platform.endsWith('arm64') ? 'arm64' : 'x86_64' };
}

/**
 * Bundles each lambdas/{name}/handler.ts into {outDir}/{name}/index.js, the AWS SDK included. CommonJS, because only
 * `require` finds the natives where a layer puts them (NODE_PATH). Same sources, same bytes; lines stay readable, so that
 * a stack trace needs no source map.
 */
export async function bundleFunctions(outDir: string): Promise<void> {
  await rm(outDir, { recursive: true, force: true });
  await build({
    absWorkingDir: CLONE,
    entryPoints: FUNCTIONS.map((name) => ({ in: join(CLONE, 'lambdas', name, 'handler.ts'), out: `${name}/index` })),
    outdir: outDir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // The packages' ES modules, where they have them: what is not used falls away.
    mainFields: ['module', 'main'],
    // What is imported on first use becomes a `require` too, for the same reason.
    supported: { 'dynamic-import': false },
    external: ['onnxruntime-node', 'onnxruntime-common', '@duckdb/*', 'koffi'],
    legalComments: 'none',
    logLevel: 'error',
    // A bundle has no file of its own to be relative to: better found here than in a cold start.
    logOverride: { 'empty-import-meta': 'error' },
  });
  const folders = await readdir(outDir);
  await Promise.all(folders.map((name) => writeFile(join(outDir, name, 'package.json'), '{ "type": "commonjs" }\n')));
}
