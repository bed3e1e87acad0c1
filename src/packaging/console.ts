/** Builds the console (src/console) into the files that a server hands out as they are. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { build } from 'esbuild';
import { CLONE } from '#setup/paths.mjs';
import { sha256 } from '#storage/sha256.ts';

const SOURCE = join(CLONE, 'src', 'console');

/**
 * One script, one worker, one style sheet, the zones' polygons and an icon: nothing inline, so that the page can have a
 * strict content security policy, and every address relative, so that it works behind a prefix.
 * @returns the files by path: `index.html` and `assets/*`, whose names have a hash of their content
 * @example
 * const files = await buildConsole(); // 0.2 s
 */
export async function buildConsole(): Promise<ReadonlyMap<string, Uint8Array>> {
  const [script, worker, style, zones, icon, page] = await Promise.all([
    bundled('main.tsx'),
    bundled('model/worker.ts'),
    bundled('style.css'),
    readFile(join(CLONE, 'data', 'zones', 'taxi_zones.topojson')),
    readFile(join(SOURCE, 'icon.svg')),
    readFile(join(SOURCE, 'index.html'), 'utf8'),
  ]);
  const assets = {
    script: named('console.js', script),
    worker: named('worker.js', worker),
    style: named('console.css', style),
    zones: named('zones.json', zones),
    icon: named('icon.svg', icon),
  };
  const html = page.replaceAll(/\{\{(\w+)\}\}/g, (_, name: keyof typeof assets) => assets[name][0]);
  return new Map([...Object.values(assets), ['index.html', new TextEncoder().encode(html)]]);
}

function named(name: string, content: Uint8Array): readonly [string, Uint8Array] {
  const extension = extname(name);
  return [`assets/${name.slice(0, -extension.length)}-${sha256(content).slice(0, 12)}${extension}`, content];
}

async function bundled(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: CLONE,
    entryPoints: [join(SOURCE, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: ['chrome123', 'firefox125', 'safari17.4'], // browsers of spring 2024
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'error',
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`esbuild made nothing of src/console/${entry}.`);
  return output.contents;
}
