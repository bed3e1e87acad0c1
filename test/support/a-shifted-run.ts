import type { ModelCard } from '#model/card/card.ts';
import type { GoldenRides } from '#model/golden/golden.ts';
import type { LoadScorer } from '#model/scorer.ts';
import { filesOf, type Registry } from '#registry/registry.ts';
import type { RunId } from '#storage/run-id.ts';
import { sha256 } from '#storage/sha256.ts';
import { runFiles } from './a-card.ts';
import { aRun } from './a-run.ts';
import { aScorer } from './a-scorer.ts';

// Runs whose model is a-scorer.ts with a shift of so many minutes; their file says which.

/** What a model without a shift says of a ride from 130 to 205 over 3.66 miles at half past eight. */
export const UNSHIFTED = 13 + 2.05 + 3.66 + 0.008;

export const shiftedScorer: LoadScorer = async (model) => {
  const { shift, taxiType } = JSON.parse(new TextDecoder().decode(model));
  return aScorer({ shift, taxiType });
};

/** Registers a run. @param digit of its id */
export async function addShiftedRun(
  registry: Registry,
  digit: string,
  shift: number,
  card: Partial<ModelCard> = {},
): Promise<RunId> {
  const run_id = aRun(digit);
  const model = new TextEncoder().encode(JSON.stringify({ shift, taxiType: card.taxi_type ?? 'green' }));
  const files = runFiles({ run_id, model: { sha256: sha256(model), bytes: model.length }, ...card });
  const predicted = UNSHIFTED + shift;
  const golden: GoldenRides = {
    ...files.golden,
    predictions: {
      predicted_duration: [predicted],
      interval_low: [predicted - 2],
      interval_high: [predicted + 2],
      interval80_low: [predicted - 1],
      interval80_high: [predicted + 1],
    },
    exact: [predicted],
  };
  await registry.folder(run_id).complete(filesOf({ ...files, model, golden }));
  return run_id;
}
