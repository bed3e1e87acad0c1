import { mapRecipe } from './map-recipe.ts';

/** The most accurate recipe. Its settings were chosen on 2023-02 -> 2023-03, on green rides. */
export const zoneMap = mapRecipe('zone-map', {
  num_boost_round: 300,
  max_depth: 9,
  learning_rate: 0.06,
  min_child_weight: 20,
  reg_lambda: 5,
  subsample: 0.8,
  colsample_bynode: 0.7,
  max_bin: 512,
});
