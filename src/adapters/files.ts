import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { TripcastError } from '#errors.ts';
import { workFolder } from './work-folder.ts';

/** Checks of the paths that a command is given, before it does anything. */

/** @throws TripcastError unless a file is there that can be read */
export async function checkInputFile(path: string, fix: string): Promise<void> {
  const found = await look(path);
  if (found === undefined) throw new TripcastError(`There is no file ${path}`, fix);
  if (found.isDirectory()) throw new TripcastError(`${path} is a folder, not a file`, fix);
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new TripcastError(`${path} is not readable (${codeOf(cause)})`, 'Change its permissions.', { cause });
  });
}

/** @throws TripcastError unless a folder is there */
export async function checkInputFolder(path: string, fix: string): Promise<void> {
  const found = await look(path);
  if (found === undefined) throw new TripcastError(`There is no folder ${path}`, fix);
  if (!found.isDirectory()) throw new TripcastError(`${path} is a file, not a folder`, fix);
}

/**
 * Where to write a file that was asked for as `path`: there, or where a link of that name leads.
 * @param inputs what the command reads, there or not: none of these may be the output, under whatever name
 * @throws TripcastError when there is no folder for it, or what is there must not be overwritten
 */
export async function outputFile(path: string, inputs: readonly string[]): Promise<string> {
  const [there, ...read] = await Promise.all([path, ...inputs].map(look));
  if (there?.isDirectory() || path.endsWith(sep)) {
    throw new TripcastError(`${path} is a folder`, 'Give the name of a file in it for the output.');
  }
  if (there !== undefined) {
    // Files are told apart by what the disk knows them as: a link, another path or another case is another name only.
    const same = inputs.find((_, i) => read[i]?.ino === there.ino && read[i]?.dev === there.dev);
    if (same !== undefined) {
      throw new TripcastError(
        same === path ? `${path} is both input and output` : `The output ${path} is the same file as the input ${same}`,
        'Give another path for the output.',
      );
    }
    if (!there.isFile()) throw new TripcastError(`${path} is not a regular file`, 'Give another path for the output.');
  }
  const target = there === undefined ? path : await realpath(path);
  await checkInputFolder(dirname(target), 'Give a path in a folder that is there for the output.');
  return target;
}

/**
 * Checks a folder that is written into later, and made then if it is not there, by making one there now.
 * @throws TripcastError when it cannot be made or written into
 */
export async function checkOutputFolder(path: string): Promise<void> {
  const found = await look(path);
  if (found === undefined) return checkOutputFolder(dirname(path));
  if (!found.isDirectory()) throw new TripcastError(`${path} is a file, not a folder`, 'Give another output folder.');
  await using _ = await workFolder(path);
}

/** What is at a path, if anything is. */
async function look(path: string) {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TripcastError(`${path} cannot be looked at (${code})`, 'Give another path.', { cause: error });
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error));
