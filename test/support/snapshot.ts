import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '#storage/sha256.ts';

/** Every file and folder below a folder, with its contents' sha256. */
export function contentsOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isFile() ? sha256(readFileSync(path)) : 'folder'];
    }),
  );
}

/** Every file of the clone that git would look at, with size and time; what tests write themselves is excluded. */
export function filesOfClone(clone: string): Readonly<Record<string, string>> {
  const left = ['.git', 'node_modules', '.tripcast', 'dist', 'coverage'];
  const names = readdirSync(clone).filter((name) => !left.includes(name));
  const files = names.flatMap((name) => {
    const path = join(clone, name);
    if (!statSync(path).isDirectory()) return [path];
    const below = readdirSync(path, { recursive: true, withFileTypes: true });
    return below.map((entry) => join(entry.parentPath, entry.name));
  });
  return Object.fromEntries(
    files.map((path) => {
      const { size, mtimeMs } = statSync(path);
      return [path, `${size} ${mtimeMs}`];
    }),
  );
}
