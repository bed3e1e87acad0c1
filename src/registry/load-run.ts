import type { ModelCard } from '#model/card/card.ts';
import { goldenProof } from '#model/golden/golden-refusal.ts';
import type { LoadScorer } from '#model/scorer.ts';
import type { RunId } from '#storage/run-id.ts';
import type { LoadedModel } from './model-source.ts';
import { noRun, type Registry } from './registry.ts';

/**
 * Loads a run from the registry, ready to score.
 * @throws TripcastError when the registry has no such completed run, or its files do not match
 * @example
 * const { scorer, card } = await loadRun(registry, parseRunId(text), loadScorer);
 * const { predicted_duration } = await scorer.score(batch); // minutes
 * await scorer.close();
 */
export async function loadRun(
  registry: Registry,
  run: RunId,
  loadScorer: LoadScorer,
): Promise<LoadedModel & { readonly card: ModelCard }> {
  const files = await registry.readModel(run);
  if (files === undefined) throw noRun(run);
  const { card, model, golden } = files;
  return { runId: run, card, scorer: await loadScorer(model, goldenProof(golden)), golden };
}
