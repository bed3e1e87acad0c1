/** zone-map as it was, for comparison: each ride learned as metered only, and answered with the pair's typical distance. */
import { boost, COMMON_PARAMETERS } from '#model/recipes/boosted.ts';
import { encodeOnMap, mapEncoder } from '#model/recipes/map-features.ts';
import { fittedOnMap } from '#model/recipes/map-recipe.ts';
import type { Recipe } from '#model/recipes/recipe.ts';

const PARAMETERS = {
  ...COMMON_PARAMETERS,
  num_boost_round: 300,
  max_depth: 9,
  learning_rate: 0.06,
  min_child_weight: 20,
  reg_lambda: 5,
  subsample: 0.8,
  colsample_bynode: 0.7,
  max_bin: 512,
};

export const zoneMapBefore: Recipe = {
  name: 'zone-map',
  parametersFor: () => PARAMETERS,
  intervals: 'spread',
  unknownDistance: 'typical',
  async fit(rides) {
    const encoder = { ...(await mapEncoder(rides.database, rides.relation)), holidays: new Set<number>() };
    const fitted = fittedOnMap(encoder, await boost(rides, PARAMETERS, (some) => encodeOnMap(encoder, some)));
    return {
      ...fitted,
      // The typical distance passed for a metered one.
      addPrediction: (g, ride) =>
        fitted.addPrediction(g, { ...ride, distanceGiven: g.node('Equal', [ride.pair, ride.pair]) }),
    };
  },
};
