import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DocsFiles } from '#serving/docs.ts';

/** Next to the bundle of what serves the API; src/packaging/bundle.ts copies the files there. */
export const SWAGGER_FOLDER = 'swagger-ui';

/** Swagger UI's files in a folder: that of the npm package, or a copy next to a bundle. Each is read once. */
export function swaggerUi(folder: string): DocsFiles {
  const read = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  return (name) => {
    const known = read.get(name);
    if (known !== undefined) return known;
    const file = readFile(join(folder, name));
    read.set(name, file);
    return file;
  };
}
