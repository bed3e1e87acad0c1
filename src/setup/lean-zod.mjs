import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * For esbuild: zod without what no bundler can tell is unused. It is read at every start, and whole it takes 20 ms.
 * @type {import('esbuild').Plugin}
 */
export const LEAN_ZOD = {
  name: 'lean-zod',
  setup({ onLoad }) {
    // One of the 50 languages of its messages.
    onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: dirname(path),
    }));
    // `z` is the module itself as an object, which keeps all of it; a namespace keeps what is used.
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (path.includes('node_modules')) return undefined;
      const source = await readFile(path, 'utf8');
      return { contents: source.replace("import { z } from 'zod';", "import * as z from 'zod';"), loader: 'ts' };
    });
  },
};
