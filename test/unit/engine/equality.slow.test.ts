import { expect, onTestFinished, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import { type Fit, fitRecipe, predictWith } from '#model/recipes/fit.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { batchOf, type LabelledRides, withoutDistance } from '#model/rides/rides.ts';
import { allRides, loadRides } from '#model/rides/training-rides.ts';
import { differing, differingBits, ourScorer } from '../../support/engines.ts';
import { aRealSource, aThinnedMonth, evenCalibrations, theEngines } from '../../support/training.ts';

const MONTHS = [
  '2021-01', '2021-02', '2022-02', '2022-03', '2022-04', '2022-05', '2023-01', '2023-02', '2023-03', '2023-04',
]; // biome-ignore format: one line

/** Fits on every fourth ride of 2023-03, and returns the graph and all rides of the bundled months. */
async function fitOnReal(recipe: string): Promise<{ fit: Fit; graph: Uint8Array; rides: LabelledRides }> {
  const engines = await theEngines();
  const { database } = engines;
  await loadRides(database, 'trained', 'green', [await aThinnedMonth('2023-03', 4)]);
  await loadRides(database, 'all_months', 'green', await Promise.all(MONTHS.map(aRealSource)));
  const fit = await fitRecipe(recipeNamed(recipe), engines, 'trained');
  onTestFinished(() => fit[Symbol.dispose]());
  const { typical, fitted } = fit;
  const { addPrediction } = fitted;
  const graph = rideGraph({ typical, addPrediction, calibrations: evenCalibrations(), metadata: {} });
  return { fit, graph, rides: await allRides(database, 'all_months') };
}

// Only a clip to 1..60 minutes, here as there, comes after what the library says.
test.for(['zone-map', 'zone-map-fast', 'xgboost-pair'] as const)(
  '%s predicts what libxgboost and onnxruntime do, bit for bit, on all rides of all bundled months',
  async (recipe) => {
    const { fit, graph, rides } = await fitOnReal(recipe);
    expect(rides.size).toBeGreaterThan(650_000);
    const [ours, reference] = [ourScorer(graph), await loadScorer(graph)];
    onTestFinished(() => reference.close());
    for (const some of [rides, withoutDistance(rides)]) {
      const scores = await ours.score(batchOf(some));
      expect(differingBits(scores.predicted_duration, Float32Array.from(predictWith(fit, some)))).toBe(0);
      if (some === rides) expect(differing(scores, await reference.score(batchOf(some)))).toBe(0);
    }
  },
);
