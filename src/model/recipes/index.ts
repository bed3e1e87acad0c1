import { shown, TripcastError } from '#errors.ts';
import { linearPair } from './linear-pair.ts';
import { linearZones } from './linear-zones.ts';
import { RECIPE_NAMES, type Recipe, type RecipeName } from './recipe.ts';
import { xgboostPair } from './xgboost-pair.ts';
import { zoneMap } from './zone-map.ts';
import { zoneMapFast } from './zone-map-fast.ts';

const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  'linear-pair': linearPair,
  'linear-zones': linearZones,
  'xgboost-pair': xgboostPair,
  'zone-map': zoneMap,
  'zone-map-fast': zoneMapFast,
};

/**
 * A recipe by its name.
 * @throws TripcastError when there is no such recipe
 * @example
 * using fit = await fitRecipe(recipeNamed('linear-pair'), { database, boosting }, 'training_rides');
 * const minutes = predictWith(fit, rides); // [rides.size]
 */
export function recipeNamed(text: string): Recipe {
  const name = RECIPE_NAMES.find((known) => known === text);
  if (name === undefined) {
    throw new TripcastError(`There is no recipe ${shown(text)}`, `Give one of: ${RECIPE_NAMES.join(', ')}.`);
  }
  return RECIPES[name];
}
