import { z } from 'zod';
import { loadEngine } from '#engine/engine.ts';
import { TripcastError } from '#errors.ts';
import type { LoadScorer, Proof, Scorer } from '#model/scorer.ts';
import { onThreads } from './scoring-threads.ts';

/** `engine` in env/*.json, and SCORING_ENGINE of the functions that score. */
export const engineSchema = z.enum(['auto', 'onnxruntime', 'tripcast']);
export type EngineChoice = z.infer<typeof engineSchema>;

/**
 * How to load models for scoring. `auto` takes our own engine if it knows the graph and the caller's proof holds (golden
 * rides), else onnxruntime, which is imported only then.
 * @param onFallback is called with the reason when `auto` takes onnxruntime
 * @param threads    how many may share the rides of one `scoreNow`; of our own engine only
 * @example
 * const loadScorer = scorerLoader(config.engine, (reason) => console.error(reason));
 * const scorer = await loadScorer(model, goldenProof(golden));
 */
export function scorerLoader(
  choice: EngineChoice,
  onFallback: (reason: string) => void,
  { threads = 1 }: { readonly threads?: number } = {},
): LoadScorer {
  if (choice === 'onnxruntime') return loadReference;
  return async (model, proof) => {
    const loaded = await load(model, threads, choice === 'auto' ? proof : undefined);
    if (loaded.outcome === 'loaded') return loaded.scorer;
    if (choice === 'tripcast') {
      throw new TripcastError(
        `The engine does not run this model: ${loaded.reason}`,
        'Give a model.onnx that `tripcast train` wrote, or set "engine": "auto" in env/*.json.',
      );
    }
    const scorer = await loadReference(model);
    onFallback(loaded.reason);
    return scorer;
  };
}

type Loaded =
  | { readonly outcome: 'loaded'; readonly scorer: Scorer }
  | { readonly outcome: 'refused'; readonly reason: string };

/** Whatever goes wrong in the engine is a reason to take the other one. */
async function load(model: Uint8Array, threads: number, proof?: Proof): Promise<Loaded> {
  try {
    const loaded = loadEngine(model);
    if (loaded.outcome === 'refused') return loaded;
    const reason = await proof?.(loaded.scorer);
    if (reason !== undefined) return { outcome: 'refused', reason };
    return { outcome: 'loaded', scorer: onThreads(loaded.scorer, loaded.program, { threads }) };
  } catch (error) {
    return { outcome: 'refused', reason: error instanceof Error ? error.message : String(error) };
  }
}

const loadReference: LoadScorer = async (model) => {
  const { loadScorer } = await import('./onnxruntime.ts');
  return loadScorer(model);
};
