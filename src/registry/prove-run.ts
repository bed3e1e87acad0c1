import { TripcastError } from '#errors.ts';
import { goldenSchema } from '#model/golden/golden.ts';
import { refuseOtherAnswers } from '#model/golden/golden-refusal.ts';
import type { LoadScorer } from '#model/scorer.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * Loads a run's graph from where it is stored and checks that it reproduces its golden rides on this machine. It
 * doesn't need its card yet.
 * @throws TripcastError when a file is missing, or a prediction differs by more than is allowed
 */
export async function proveGoldenRides(folder: RunFolder, loadScorer: LoadScorer): Promise<void> {
  const [model, golden] = await Promise.all([folder.read('model.onnx'), folder.read('golden.json')]);
  if (model === undefined || golden === undefined) {
    throw new TripcastError(`${folder.uri('')} lacks model.onnx or golden.json`, 'Train the run again.');
  }
  const scorer = await loadScorer(model);
  try {
    const rides = goldenSchema.parse(JSON.parse(new TextDecoder().decode(golden)));
    await refuseOtherAnswers(folder.uri('model.onnx'), scorer, rides, 'train the run again here.');
  } finally {
    await scorer.close();
  }
}
