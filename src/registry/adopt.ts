import type { LoadScorer } from '#model/scorer.ts';
import type { RunId } from '#storage/run-id.ts';
import { proveGoldenRides } from './prove-run.ts';
import { noRun, type Registry } from './registry.ts';
import { CARD, type RunFile, VERDICT } from './run-folder.ts';

/**
 * Turns files (staged ones, or those of a run elsewhere) into a run of this registry: copies them, checks the copy
 * against the golden rides, then writes the card that makes it a run. If interrupted, the next call completes it.
 * @throws TripcastError when they include no card, a golden ride's prediction differs, or the registry has a different
 * run with that ID
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
 * Copies a run from another registry into this one, without its verdict, which is about that registry's champion.
 * @returns the files that were copied
 * @throws TripcastError as {@link adoptRun}
 * @example
 * await copyRun(run, await dev.folder(run).files(), prod, loadScorer);
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
