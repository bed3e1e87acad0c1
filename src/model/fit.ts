import { TripcastError } from '../errors.ts';
import { calibrateBands } from './bands.ts';
import type { Calibrations } from './onnx/interval.ts';
import type { FittedModel, Recipe } from './recipe.ts';
import { type Rides, withoutDistance, withTypicalDistance } from './rides.ts';
import { countRows, FOLDS, readRides, type TrainingDatabase } from './training-rides.ts';
import { completeDistances, typicalDistances } from './typical-distance.ts';

/** A fitted recipe with the distances that stand in for missing ones, learnt from the same rides. */
export interface Fit {
  readonly fitted: FittedModel;
  /** Miles by pair slot. */
  readonly typical: Float64Array;
}

/** @param relation SQL, with the columns of training-rides.ts */
export async function fitRecipe(recipe: Recipe, database: TrainingDatabase, relation: string): Promise<Fit> {
  const typical = await typicalDistances(database, relation);
  const complete = await completeDistances(database, relation, typical);
  return { fitted: await recipe.fit({ database, relation: complete }), typical };
}

/** The algebra of a whole fit, minutes: as the graph, with the typical distance wherever none is given. */
export const predictWith = ({ fitted, typical }: Fit, rides: Rides): Float64Array =>
  fitted.predict(withTypicalDistance(rides, typical));

/**
 * Calibrates the intervals on predictions that each ride's own fold had no part in: neither the fit nor the typical
 * distances have seen its day.
 * @throws TripcastError when all rides fall into one fold
 */
export async function calibrateOutOfFold(
  recipe: Recipe,
  database: TrainingDatabase,
  relation: string,
  batchRows: number,
): Promise<Calibrations> {
  const rows = await countRows(database, relation);
  const given = new Float64Array(rows);
  const typical = new Float64Array(rows);
  const actual = new Float64Array(rows);
  let done = 0;
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const inside = `(SELECT * FROM ${relation} WHERE fold = ${fold})`;
    const outside = `(SELECT * FROM ${relation} WHERE fold <> ${fold})`;
    if ((await countRows(database, inside)) === 0) continue;
    if ((await countRows(database, outside)) === 0) throw oneFold(rows);
    const fit = await fitRecipe(recipe, database, outside);
    for await (const rides of readRides(database, inside, batchRows)) {
      given.set(predictWith(fit, rides), done);
      typical.set(predictWith(fit, withoutDistance(rides)), done);
      actual.set(rides.minutes, done);
      done += rides.size;
    }
  }
  return { given: calibrateBands(given, actual), typical: calibrateBands(typical, actual) };
}

const oneFold = (rows: number) =>
  new TripcastError(
    `The ${rows} training rides are all of days in one fold (day number modulo ${FOLDS}), so no interval can be calibrated`,
    'Train on rides of several days.',
  );
