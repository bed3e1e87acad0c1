import { mapRecipe } from './map-recipe.ts';

/**
 * The most accurate recipe, for one month of green rides or a year of them. Its settings were chosen on 2022-02..04 ->
 * 2022-05 and 2023-01..02 -> 2023-03, on green rides, without looking at 2023-04 (docs/model.md).
 */
export const zoneMap = mapRecipe('zone-map', (rides) => ({
  num_boost_round: roundsFor(rides),
  max_depth: 10,
  learning_rate: 0.05,
  min_child_weight: 60,
  reg_lambda: 5,
  subsample: 0.8,
  colsample_bynode: 0.6,
  max_bin: 128,
}));

const [RIDES, ROUNDS, ROUNDS_A_DOUBLING, LEAST_ROUNDS] = [200_000, 400, 100, 100];

/**
 * More rides hold more detail, and it takes more trees to say it: 400 for 200,000 rides, which is three months, 100
 * more for each doubling and 100 fewer for each halving. Near the best number the error hardly depends on it.
 */
export const roundsFor = (rides: number): number =>
  Math.max(LEAST_ROUNDS, Math.round(ROUNDS + ROUNDS_A_DOUBLING * Math.log2(rides / RIDES)));
