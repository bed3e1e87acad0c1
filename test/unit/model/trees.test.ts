import { expect, onTestFinished, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { asColumn, sideBySide } from '#model/onnx/pieces.ts';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import { type BranchOf, belowThreshold, treeEnsemble } from '#model/onnx/trees.ts';
import type { DecisionTree } from '#model/recipes/gradient-boosting.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import { PAIR_SLOTS } from '#model/rides/zone-pair.ts';
import { evenCalibrations } from '../../support/training.ts';

/** Asks for 2.5 miles, then for 4; leaves 1, 20 and 300. */
const MILES: DecisionTree = {
  left: [1, -1, 3, -1, -1],
  right: [2, -1, 4, -1, -1],
  feature: [0, 0, 0, 0, 0],
  value: [2.5, 1, 4, 20, 300],
  missingLeft: [0, 0, 0, 0, 0],
};
const ALWAYS: DecisionTree = { left: [-1], right: [-1], feature: [0], value: [0.5], missingLeft: [0] };

/** What an ensemble on [distance, pair slot] says of rides [distance, dropoff zone]. */
async function predictions(
  trees: readonly DecisionTree[],
  rides: readonly (readonly [number, number])[],
  branchOf?: BranchOf,
) {
  const scorer = await loadScorer(
    rideGraph({
      typical: new Float64Array(PAIR_SLOTS),
      addPrediction: (g, ride) => {
        const rows = sideBySide(g, [asColumn(g, ride.distance), asColumn(g, g.cast(ride.pair, 'float'))]);
        return treeEnsemble(g, rows, { base: 10, trees }, branchOf);
      },
      calibrations: evenCalibrations(),
      metadata: {},
    }),
  );
  onTestFinished(() => scorer.close());
  const batch = new RideBatch(rides.length);
  for (const [distance, dropoff] of rides) batch.push(0, dropoff, distance, 0);
  return [...(await scorer.score(batch)).predicted_duration];
}

test('a row goes left below a threshold and right at it, as in XGBoost', async () => {
  const justBelow = 2.4999998;
  const found = await predictions(
    [MILES],
    [justBelow, 2.5, 3.9999998, 4, 100].map((miles) => [miles, 1]),
  );
  expect(found).toEqual([11, 30, 30, 310, 310]);
});

test('trees and the base are added up; a tree may be one leaf', async () => {
  expect(await predictions([MILES, ALWAYS, MILES], [[3, 1]])).toEqual([50.5]);
  expect(await predictions([ALWAYS], [[3, 1]])).toEqual([10.5]);
});

test('a branch may ask whether a feature is a number, among branches that ask for less', async () => {
  const branchOf: BranchOf = (tree, node) =>
    node === 0 ? { mode: 'equal', feature: 1, value: 70_001 % 266, yes: 1, no: 2 } : belowThreshold(tree, node);
  const zone = 70_001 % 266;
  expect(await predictions([MILES], [[3, zone], [3, zone + 1], [9, zone - 1], [9, zone]], branchOf)).toEqual([
    11, 30, 310, 11,
  ]); // biome-ignore format: one line
});
