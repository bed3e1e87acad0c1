import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shown, TripcastError } from '#errors.ts';
import { type ModelCard, modelCardSchema } from '#model/card/card.ts';
import { goldenSchema } from '#model/golden/golden.ts';
import { goldenProof, refuseOtherAnswers } from '#model/golden/golden-refusal.ts';
import type { LoadScorer } from '#model/scorer.ts';
import type { ModelSource } from '#registry/model-source.ts';
import { refuseOtherType } from '#registry/taxi-type-check.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

/**
 * The model in a run's folder on disk, as `tripcast train --local` writes it, verified on its golden rides.
 * @param location the folder, or the model.onnx in it
 * @throws TripcastError when a file is missing, the model is for the other taxi type, or the graph's answers to its
 * golden rides differ here
 */
export async function modelIn(
  location: string,
  loadScorer: LoadScorer,
  taxiType: TaxiType,
): Promise<ModelSource & { readonly card: ModelCard; readonly file: Uint8Array }> {
  const folder = location.replace(/\/model\.onnx$/, '');
  const file = (name: string) =>
    readFile(join(folder, name)).catch((cause: unknown) => {
      throw new TripcastError(
        `MODEL_LOCATION ${shown(location)} has no readable ${name}`,
        'Mount the whole folder of a run: model.onnx, golden.json and card.json.',
        { cause },
      );
    });
  const [model, golden, card] = await Promise.all([file('model.onnx'), file('golden.json'), file('card.json')]);
  const parsed = modelCardSchema.parse(JSON.parse(String(card)));
  const { run_id: runId } = parsed;
  const rides = goldenSchema.parse(JSON.parse(String(golden)));
  const loaded = { runId, scorer: await loadScorer(model, goldenProof(rides)), golden: rides };
  refuseOtherType(
    `MODEL_LOCATION ${shown(location)}`,
    loaded.scorer,
    taxiType,
    `Set SERVED_TAXI_TYPE to ${loaded.scorer.metadata.taxi_type}, or mount a run of ${taxiType} taxis.`,
  );
  await refuseOtherAnswers(`Run ${runId}`, loaded.scorer, loaded.golden, 'train it again.');
  return { current: async () => loaded, card: parsed, file: model };
}
