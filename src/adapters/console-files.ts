import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsoleFiles } from '#serving/console.ts';

/** Next to the bundle of what serves the console; src/packaging/bundle.ts writes the files there. */
export const CONSOLE_FOLDER = 'console';

/** The console's files in a folder, read at the first question: most starts of a function serve no page. */
export function consoleIn(folder: string): () => Promise<ConsoleFiles> {
  let files: Promise<ConsoleFiles> | undefined;
  return () => {
    files ??= readAll(folder);
    return files;
  };
}

async function readAll(folder: string): Promise<ConsoleFiles> {
  const assets = (await readdir(join(folder, 'assets'))).map((name) => `assets/${name}`);
  const read = async (path: string) => [path, await readFile(join(folder, path))] as const;
  return new Map(await Promise.all(['index.html', ...assets].map(read)));
}
