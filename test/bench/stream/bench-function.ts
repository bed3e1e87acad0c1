import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scorerLoader } from '#adapters/engine.ts';
import { systemClock } from '#clock.ts';
import { goldenSchema } from '#model/golden/golden.ts';
import { newRunId } from '#storage/run-id.ts';
import { nowhere } from '#streaming/publish.ts';
import type { ScoreBatchDeps } from '#streaming/score-batch.ts';
import { MemoryStore } from '../../support/memory-store.ts';

/** The function's own parts around a model folder: only the network is left out. */
export async function benchFunction(folder: string): Promise<ScoreBatchDeps> {
  const loadScorer = scorerLoader('tripcast', () => {});
  const scorer = await loadScorer(readFileSync(join(folder, 'model.onnx')));
  const golden = goldenSchema.parse(JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')));
  const loaded = { runId: newRunId(), scorer, golden };
  return {
    model: { current: async () => loaded },
    modelName: 'ride_duration_prediction_model',
    predictions: nowhere,
    quarantine: new MemoryStore(),
    clock: systemClock,
    codeVersion: 'bench',
  };
}
