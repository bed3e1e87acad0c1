import { readFileSync, rmSync } from 'node:fs';

/**
 * Reads a file below `.tripcast`. All of them can be regenerated, so a damaged one (empty after a crash, cut short by a
 * full disk) stops no command: it is discarded with a sentence on standard error.
 * @template T
 * @param {string} file
 * @param {(text: string) => T} parse throws when the text is not what was written there
 * @param {string} consequence what happens to the contents, as a sentence
 * @returns {T | undefined} undefined: there is no such file, or no longer
 */
export function readCached(file, parse, consequence) {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    discard(file, consequence);
    return undefined;
  }
}

/**
 * @param {string} file
 * @param {string} consequence
 */
export function discard(file, consequence) {
  rmSync(file, { recursive: true, force: true });
  console.error(`tripcast: ${file} was damaged and has been discarded. ${consequence}`);
}
