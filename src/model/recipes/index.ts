import { shown, TripcastError } from '../../errors.ts';
import { RECIPE_NAMES, type Recipe, type RecipeName } from '../recipe.ts';
import { linearPair } from './linear-pair.ts';

const RECIPES: Readonly<Record<RecipeName, Recipe>> = { 'linear-pair': linearPair };

/** @throws TripcastError when there is no such recipe. */
export function recipeNamed(text: string): Recipe {
  const name = RECIPE_NAMES.find((known) => known === text);
  if (name === undefined) {
    throw new TripcastError(`There is no recipe ${shown(text)}`, `Give one of: ${RECIPE_NAMES.join(', ')}.`);
  }
  return RECIPES[name];
}
