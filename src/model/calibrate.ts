import { TripcastError } from '../errors.ts';
import { type BandQuantiles, calibrateBands } from './bands.ts';
import { fitRecipe } from './fit.ts';
import { mapEncoder } from './map-features.ts';
import type { Calibrations } from './onnx/interval.ts';
import type { Engines, Recipe } from './recipe.ts';
import { type LabelledRides, withoutDistance, withTypicalDistance } from './rides.ts';
import { fitSpread, type JudgedRides, spreadOutOfFold } from './spread.ts';
import { allRides, countRows, FOLDS } from './training-rides.ts';
import { completeDistances, typicalDistances } from './typical-distance.ts';

/** The rides of a fold, judged with their distance and with the typical one. */
interface JudgedFold {
  readonly given: JudgedRides;
  readonly typical: JudgedRides;
}

/**
 * Calibrates the intervals on predictions that each ride's own fold had no part in: neither the fit nor the typical
 * distances have seen its day; nor has the spread by which its error is measured.
 * @param onProgress told what is being done now, in a few words
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
  if (recipe.intervals === 'bands') {
    return { given: bandsOf(given, given.map(inMinutes)), typical: bandsOf(typical, typical.map(inMinutes)) };
  }
  const { database } = engines;
  const complete = await completeDistances(database, relation, await typicalDistances(database, relation));
  const encoder = await mapEncoder(database, complete);
  const boosting = await engines.boosting();
  const spreads = await spreadOutOfFold(
    boosting,
    encoder,
    folds.map((fold) => [fold.given, fold.typical]),
  );
  const inSpreads = (part: JudgedRides, spread: Float64Array | undefined) =>
    inMinutes(part).map((residual, i) => residual / (spread?.[i] ?? Number.NaN));
  return {
    given: bandsOf(
      given,
      given.map((part, fold) => inSpreads(part, spreads[fold]?.[0])),
    ),
    typical: bandsOf(
      typical,
      typical.map((part, fold) => inSpreads(part, spreads[fold]?.[1])),
    ),
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
    const judged = (seen: LabelledRides, isGiven: boolean): JudgedRides => {
      const complete = withTypicalDistance(seen, fit.typical);
      return { rides: complete, isGiven, predicted: fit.fitted.predict(complete) };
    };
    yield { given: judged(rides, true), typical: judged(withoutDistance(rides), false) };
  }
}

const oneFold = (rows: number) =>
  new TripcastError(
    `The ${rows} training rides are all of days in one fold (day number modulo ${FOLDS}), so no interval can be calibrated`,
    'Train on rides of several days.',
  );

const inMinutes = ({ rides, predicted }: JudgedRides): Float64Array =>
  rides.minutes.map((actual, i) => actual - (predicted[i] ?? Number.NaN));

const bandsOf = (parts: readonly JudgedRides[], residuals: readonly Float64Array[]): BandQuantiles =>
  calibrateBands(joined(parts.map(({ predicted }) => predicted)), joined(residuals));

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let done = 0;
  for (const part of parts) {
    all.set(part, done);
    done += part.length;
  }
  return all;
}
