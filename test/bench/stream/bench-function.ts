import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadScorer } from '../../../src/adapters/onnxruntime.ts';
import { goldenSchema } from '../../../src/model/golden.ts';
import { newRunId } from '../../../src/registry/run-id.ts';
import { systemClock } from '../../../src/streaming/clock.ts';
import { nowhere } from '../../../src/streaming/publish.ts';
import type { ScoreBatchDeps } from '../../../src/streaming/score-batch.ts';
import { MemoryStore } from '../../support/memory-store.ts';

/** The function's own parts around a model folder: only the network is left out. */
export async function benchFunction(folder: string): Promise<ScoreBatchDeps> {
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
