import type { LoadScorer } from '#model/scorer.ts';
import type { RunId } from '#storage/run-id.ts';
import { proveGoldenRides } from './golden-check.ts';
import { noRun, type Registry } from './registry.ts';
import { CARD, type RunFile, VERDICT } from './run-folder.ts';

/**
 * Makes files (staged ones, or those of a run elsewhere) a run of this registry: they are copied, the golden rides are
 * answered by the copy, and then the card makes it a run. What stopped midway is completed by the next call.
 * @throws TripcastError when there is no card among them, a golden ride is answered otherwise, or the registry has another
 * run of that id
 */
export async function adoptRun(
  run: RunId,
  files: readonly RunFile[],
  to: Registry,
  loadScorer: LoadScorer,
): Promise<void> {
  if (!files.some(({ name }) => name === CARD)) throw noRun(run);
  const folder = to.folder(run);
  await folder.complete(files, () => proveGoldenRides(folder, loadScorer));
}

/**
 * Copies a run from another registry into this one, without its verdict: that compares it with a champion of the other one.
 * @returns the files that were copied
 */
export async function copyRun(
  run: RunId,
  files: readonly RunFile[],
  to: Registry,
  loadScorer: LoadScorer,
): Promise<readonly RunFile[]> {
  const copied = files.filter(({ name }) => name !== VERDICT);
  await adoptRun(run, copied, to, loadScorer);
  return copied;
}
