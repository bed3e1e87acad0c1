import { TripcastError } from '#errors.ts';
import { at } from '../at.ts';
import { fitRecipe, predictWith } from '../recipes/fit.ts';
import { mapEncoder } from '../recipes/map-features.ts';
import type { Engines, Recipe } from '../recipes/recipe.ts';
import { type LabelledRides, ridesWithDistance, withoutDistance } from '../rides/rides.ts';
import { allRides, countRows, FOLDS } from '../rides/training-rides.ts';
import { calibrateCells, type Residuals } from './cells.ts';
import type { Calibrations } from './interval-graph.ts';
import { fitSpread, type JudgedRides, spreadOutOfFold } from './spread.ts';
import { strataOf } from './strata.ts';

/** A fold's rides, judged with their own distance and with none. */
interface JudgedFold {
  readonly given: JudgedRides;
  readonly typical: JudgedRides;
}

/**
 * Calibrates the intervals on predictions that each ride's own fold had no part in: neither the fit nor the typical
 * distances have seen its day. The spread that scales its error has not seen the duration of any ride of its day.
 * Only the map under the spread is drawn from all days: from distances, not durations (map-features.test.ts).
 * @param onProgress gets the current step, in a few words
 * @throws TripcastError when all rides fall into one fold
 */
export async function calibrateOutOfFold(
  recipe: Recipe,
  engines: Engines,
  relation: string,
  onProgress: (step: string) => void = () => {},
): Promise<Calibrations> {
  const folds: JudgedFold[] = [];
  for await (const fold of judgeFolds(recipe, engines, relation)) {
    folds.push(fold);
    onProgress(`calibrating intervals: fold ${folds.length} of ${FOLDS}`);
  }
  const given = folds.map((fold) => fold.given);
  const typical = folds.map((fold) => fold.typical);
  if (recipe.intervals === 'minutes') {
    return { given: calibrateCells(given.map(inMinutes)), typical: calibrateCells(typical.map(inMinutes)) };
  }
  const encoder = await mapEncoder(engines.database, relation);
  const boosting = await engines.boosting();
  const spreads = await spreadOutOfFold(
    boosting,
    encoder,
    folds.map((fold) => [fold.given, fold.typical]),
  );
  return {
    given: calibrateCells(given.map((part, fold) => inSpreads(part, spreads[fold]?.[0]))),
    typical: calibrateCells(typical.map((part, fold) => inSpreads(part, spreads[fold]?.[1]))),
    spread: await fitSpread(boosting, encoder, [...given, ...typical]),
  };
}

async function* judgeFolds(recipe: Recipe, engines: Engines, relation: string): AsyncGenerator<JudgedFold> {
  const { database } = engines;
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const inside = `(SELECT * FROM ${relation} WHERE fold = ${fold})`;
    const outside = `(SELECT * FROM ${relation} WHERE fold <> ${fold})`;
    const rows = await countRows(database, inside);
    if (rows === 0) continue;
    if ((await countRows(database, outside)) === 0) throw oneFold(rows);
    using fit = await fitRecipe(recipe, engines, outside);
    const rides = await allRides(database, inside);
    const judged = (seen: LabelledRides): JudgedRides => ({ rides: seen, predicted: predictWith(fit, seen) });
    yield { given: judged(ridesWithDistance(rides)), typical: judged(withoutDistance(rides)) };
  }
}

const oneFold = (rows: number) =>
  new TripcastError(
    `The ${rows} training rides are all from days in one fold (day number modulo ${FOLDS}), so no interval can be calibrated`,
    'Train on rides of several days.',
  );

const inMinutes = ({ rides, predicted }: JudgedRides): Residuals => ({
  strata: strataOf(rides),
  predicted,
  residuals: rides.minutes.map((actual, i) => actual - at(predicted, i)),
});

function inSpreads(judged: JudgedRides, spread: Float64Array = new Float64Array()): Residuals {
  const { residuals, ...ride } = inMinutes(judged);
  return { ...ride, residuals: residuals.map((residual, i) => residual / at(spread, i)) };
}
