import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { TripcastError } from '#errors.ts';
import { workFolder } from './work-folder.ts';

/** What is at paths: above all checks of those given to a command, before it does anything. */

/** @throws TripcastError unless there is a readable file at the path */
export async function checkInputFile(path: string, fix: string): Promise<void> {
  const found = await look(path);
  if (found === undefined) throw new TripcastError(`There is no file ${path}`, fix);
  if (found.isDirectory()) throw new TripcastError(`${path} is a folder, not a file`, fix);
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new TripcastError(`${path} is not readable (${codeOf(cause)})`, 'Change its permissions.', { cause });
  });
}

/** @throws TripcastError unless there is a folder at the path */
export async function checkInputFolder(path: string, fix: string): Promise<void> {
  const found = await look(path);
  if (found === undefined) throw new TripcastError(`There is no folder ${path}`, fix);
  if (!found.isDirectory()) throw new TripcastError(`${path} is a file, not a folder`, fix);
}

/**
 * Where to write a file requested as `path`: there, or wherever a link of that name leads.
 * @param inputs what the command reads, whether it exists or not: none of these may be the output, under any name
 * @throws TripcastError when its folder does not exist, or what is there must not be overwritten
 */
export async function outputFile(path: string, inputs: readonly string[]): Promise<string> {
  const [there, ...read] = await Promise.all([path, ...inputs].map(look));
  if (there?.isDirectory() || path.endsWith(sep)) {
    throw new TripcastError(`${path} is a folder`, 'Give the output a file name in it.');
  }
  if (there !== undefined) {
    // Files are compared by their identity on disk: a link, another path or a different case is just another name.
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
  await checkInputFolder(dirname(target), 'Give an output path in an existing folder.');
  return target;
}

/**
 * Checks a folder that is written to later, and created then if it is missing, by creating one there now.
 * @throws TripcastError when it cannot be created or written to
 */
export async function checkOutputFolder(path: string): Promise<void> {
  const found = await look(path);
  if (found === undefined) return checkOutputFolder(dirname(path));
  if (!found.isDirectory()) throw new TripcastError(`${path} is a file, not a folder`, 'Give another output folder.');
  await using _ = await workFolder(path);
}

/** Whether anything that can be reached is at a path. */
export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** What reading a file gives, or undefined if there is none. */
export async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What is at a path, if anything. */
async function look(path: string) {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TripcastError(`${path} cannot be accessed (${code})`, 'Give another path.', { cause: error });
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error));
