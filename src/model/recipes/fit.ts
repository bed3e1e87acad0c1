import { type Rides, withTypicalDistance } from '../rides/rides.ts';
import { completeDistances, typicalDistances } from '../rides/typical-distance.ts';
import type { Engines, FitRides, FittedModel, Recipe } from './recipe.ts';

/** A fitted recipe with the distances that replace missing ones, learned from the same rides. */
export interface Fit extends Disposable {
  readonly fitted: FittedModel;
  /** Miles by pair slot. */
  readonly typical: Float64Array;
}

/**
 * Fits a recipe, after learning the typical distances that replace missing ones from the same rides.
 * @param relation SQL, with the columns of training-rides.ts
 * @param watch    rides to measure boosting rounds on, also a relation, and the callback to notify
 */
export async function fitRecipe(
  recipe: Recipe,
  engines: Engines,
  relation: string,
  watch: Pick<FitRides, 'watched' | 'onRound'> = {},
): Promise<Fit> {
  const { database, boosting } = engines;
  const typical = await typicalDistances(database, relation);
  const complete = (rides: string) => completeDistances(database, rides, typical);
  const fitted = await recipe.fit({
    database,
    boosting,
    relation: await complete(relation),
    watched: watch.watched && (await complete(watch.watched)),
    onRound: watch.onRound,
  });
  return { fitted, typical, [Symbol.dispose]: () => fitted[Symbol.dispose]() };
}

/** The algebra of a whole fit, minutes: like the graph, with the typical distance wherever none is given. */
export const predictWith = ({ fitted, typical }: Fit, rides: Rides): Float64Array =>
  fitted.predict(withTypicalDistance(rides, typical));
