import { type Rides, withTypicalDistance } from '../rides/rides.ts';
import { completeDistances, refuseNoDistances, typicalDistances } from '../rides/typical-distance.ts';
import type { Engines, FitRides, FittedModel, Recipe } from './recipe.ts';

/** A fitted recipe, and the distances that replace missing ones if it needs them, learned from the same rides. */
export interface Fit extends Disposable {
  readonly fitted: FittedModel;
  /** Miles by pair slot; undefined if the recipe knows absent distances. */
  readonly typical: Float64Array | undefined;
}

/**
 * Fits a recipe, after learning from the same rides the typical distances that replace missing ones, if it needs them.
 * @param relation SQL, with the columns of training-rides.ts
 * @param watch    rides to measure boosting rounds on, also a relation, and the callback to notify
 * @throws TripcastError when no ride has a usable distance
 */
export async function fitRecipe(
  recipe: Recipe,
  engines: Engines,
  relation: string,
  watch: Pick<FitRides, 'watched' | 'onRound'> = {},
): Promise<Fit> {
  const { database, boosting } = engines;
  await refuseNoDistances(database, relation);
  const typical = recipe.unknownDistance === 'typical' ? await typicalDistances(database, relation) : undefined;
  const complete = async (rides: string) =>
    typical === undefined ? rides : completeDistances(database, rides, typical);
  const fitted = await recipe.fit({
    database,
    boosting,
    relation: await complete(relation),
    watched: watch.watched && (await complete(watch.watched)),
    onRound: watch.onRound,
  });
  return { fitted, typical, [Symbol.dispose]: () => fitted[Symbol.dispose]() };
}

/** The algebra of a whole fit, minutes: like the graph, whether or not a distance is given. */
export const predictWith = ({ fitted, typical }: Fit, rides: Rides): Float64Array =>
  fitted.predict(typical === undefined ? rides : withTypicalDistance(rides, typical));
