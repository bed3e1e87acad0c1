import { shown, TripcastError } from '#errors.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import { sha256 } from '#storage/sha256.ts';
import { fileFacts, mergedFacts } from '#trips/column-facts.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import type { ModelCardBody } from './card/card.ts';
import { baselinesOf } from './evaluation/baselines.ts';
import { BreakdownSums } from './evaluation/breakdown.ts';
import { validate } from './evaluation/validate.ts';
import {
  EXACT_TOLERANCE_MINUTES,
  exactDifference,
  type GoldenRides,
  recordGoldenRides,
  ridesOf,
} from './golden/golden.ts';
import { GoldenChoice } from './golden/golden-choice.ts';
import { calibrateOutOfFold } from './intervals/calibrate.ts';
import { rideGraph } from './onnx/ride-graph.ts';
import { scoredRides } from './profile/ride-profile.ts';
import { TrainingProfile } from './profile/training-profile.ts';
import { type Fit, fitRecipe, predictWith } from './recipes/fit.ts';
import type { BoostingRound } from './recipes/gradient-boosting.ts';
import type { Engines, FittedModel, NativeFiles, Recipe } from './recipes/recipe.ts';
import { batchOf, type Rides } from './rides/rides.ts';
import { countRows, type HoldOut, loadRides, type MonthRows, readRides } from './rides/training-rides.ts';
import type { LoadScorer, Scorer } from './scorer.ts';

/** What a model is measured on: a separate month, or rides held out of the training months. */
export type Validation = { readonly kind: 'month'; readonly source: RawMonth } | HoldOut;

export interface TrainOptions extends Engines {
  readonly recipe: Recipe;
  readonly taxiType: TaxiType;
  /** At least one month. */
  readonly train: readonly RawMonth[];
  readonly validation: Validation;
  readonly codeVersion: string;
  readonly loadScorer: LoadScorer;
  /** Gets the current step, in a few words. */
  readonly onProgress?: (step: string) => void;
}

/** What a training produces. */
export interface TrainedModel {
  /** model.onnx; the same inputs give the same bytes. */
  readonly model: Uint8Array;
  readonly golden: GoldenRides;
  /** Of the rides that it was fitted on, with the graph's own predictions of them. */
  readonly profile: TrainingProfile;
  /** The recipe's own model. */
  readonly files: NativeFiles;
  /** For boosted recipes: the errors after each round, in order. */
  readonly rounds: readonly BoostingRound[];
  readonly card: ModelCardBody;
}

const TRAINING_TABLE = 'training_rides';
const VALIDATION_TABLE = 'validation_rides';
/** How many features a card names: a one-hot recipe has thousands. */
const MOST_IMPORTANT = 20;

/**
 * Trains a recipe: fits it on all training rides, and once without each fold to calibrate the intervals; writes the
 * graph; and measures that graph, not the algebra behind it, on the validation rides.
 *
 * A validation month that is among the training months is allowed: the card says so, and the gate fails any such run.
 *
 * @throws TripcastError when a training month is given twice, a file cannot be trained on, no ride is left to fit or to
 * validate, or the graph does not match the recipe's own algebra
 * @example
 * const { model, card } = await trainModel({
 *   recipe: recipeNamed('zone-map-fast'),
 *   taxiType: 'green',
 *   train: [january, february, march],
 *   validation: { kind: 'month', source: april },
 *   codeVersion: 'unknown',
 *   ...{ database, boosting, loadScorer },
 * });
 * await writeFile('model.onnx', model);
 * console.log(card.validation.rmse); // minutes
 */
export async function trainModel(options: TrainOptions): Promise<TrainedModel> {
  refuseRepeatedMonths(options);
  try {
    return await trainOnTables(options);
  } finally {
    for (const table of [TRAINING_TABLE, VALIDATION_TABLE]) await options.database.run(`DROP TABLE IF EXISTS ${table}`);
  }
}

async function trainOnTables(options: TrainOptions): Promise<TrainedModel> {
  const started = performance.now();
  const { recipe, onProgress = () => {} } = options;
  onProgress('reading rides');
  const rides = await readAll(options);
  onProgress(`fitting ${recipe.name}`);
  const parameters = recipe.parametersFor(await countRows(options.database, rides.train));
  const rounds: BoostingRound[] = [];
  const onRound = (round: BoostingRound) => {
    rounds.push(round);
    onProgress(`fitting ${recipe.name}: round ${round.round} of ${parameters.num_boost_round}`);
  };
  using fit = await fitRecipe(recipe, options, rides.train, { watched: rides.validation, onRound });
  onProgress('calibrating intervals');
  const calibrations = await calibrateOutOfFold(recipe, options, rides.train, onProgress);
  const { fitted, typical } = fit;
  const model = rideGraph({
    typical,
    addPrediction: fitted.addPrediction,
    calibrations,
    metadata: metadataOf(options),
  });
  onProgress('validating');
  const { golden, profile, validation } = await measure(options, rides, fit, model);
  const importance = fitted.importance?.().slice(0, MOST_IMPORTANT);
  const card: ModelCardBody = {
    schema_version: 1,
    recipe: recipe.name,
    taxi_type: options.taxiType,
    code_version: options.codeVersion,
    parameters,
    ...(fitted.intercept !== undefined && { intercept: fitted.intercept }),
    ...(importance && { importance: [...importance] }),
    train: await trainingFigures(options, rides, fitted),
    validation,
    model: { sha256: sha256(model), bytes: model.length },
    seconds: (performance.now() - started) / 1000,
  };
  return { model, golden, profile, files: fitted.files(), rounds, card };
}

/** The rides of a training: SQL relations with the columns of training-rides.ts, and what was read for them. */
interface AllRides {
  readonly train: string;
  readonly validation: string;
  readonly months: readonly MonthRows[];
  readonly validationRowsRead: number;
}

async function readAll({ database, taxiType, train, validation }: TrainOptions): Promise<AllRides> {
  if (validation.kind === 'month') {
    const months = await loadRides(database, TRAINING_TABLE, taxiType, train);
    const validated = await loadRides(database, VALIDATION_TABLE, taxiType, [validation.source]);
    return { train: TRAINING_TABLE, validation: VALIDATION_TABLE, months, validationRowsRead: rowsReadOf(validated) };
  }
  const months = await loadRides(database, TRAINING_TABLE, taxiType, train, validation);
  const side = (heldOut: boolean) => `(SELECT * FROM ${TRAINING_TABLE} WHERE held_out = ${heldOut})`;
  const rides = { train: side(false), validation: side(true), months, validationRowsRead: rowsReadOf(months) };
  const [fitting, held] = [await countRows(database, rides.train), await countRows(database, rides.validation)];
  if (fitting > 0 && held > 0) return rides;
  throw new TripcastError(
    `${describeHoldOut(validation)} leaves ${fitting} rides to fit and ${held} to validate`,
    'Hold out so much that some of each are left, or give more months.',
  );
}

const describeHoldOut = (holdOut: HoldOut) =>
  holdOut.kind === 'split'
    ? `A share of ${shown(holdOut.share)}`
    : `Holding out the last ${holdOut.days} days of ${holdOut.month}`;

const rowsReadOf = (months: readonly MonthRows[]) => months.reduce((sum, { rowsRead }) => sum + rowsRead, 0);

const metadataOf = ({ recipe, taxiType, train, codeVersion }: TrainOptions) => ({
  recipe: recipe.name,
  taxi_type: taxiType,
  months: train.map(({ month }) => month).join(),
  sources: train.map((source) => source.sha256).join(),
  code_version: codeVersion,
});

/** Loads the graph, scores the validation rides with it and verifies it. */
async function measure(
  { database, loadScorer, validation }: TrainOptions,
  rides: AllRides,
  fit: Fit,
  model: Uint8Array,
): Promise<Pick<TrainedModel, 'golden' | 'profile'> & Pick<ModelCardBody, 'validation'>> {
  const scorer = await loadScorer(model);
  try {
    const choice = new GoldenChoice();
    const breakdown = new BreakdownSums(await baselinesOf(database, rides.train));
    let stored = 0;
    const batches = readRides(database, rides.validation);
    const { given, typical } = await validate(scorer, batches, (batch, predictions) => {
      choice.consider(batch);
      breakdown.add(batch, predictions);
      stored += fit.fitted.storedValues(batch);
    });
    const { rmse, mae, coverage_90, coverage_80 } = typical;
    const source = validation.kind === 'month' ? validation.source : undefined;
    return {
      golden: await provenGolden(scorer, choice, fit),
      profile: await profileOf(scorer, readRides(database, rides.train)),
      validation: {
        kind: validation.kind,
        month: source?.month ?? null,
        sha256: source?.sha256 ?? null,
        ...heldOutOf(validation),
        rows_read: rides.validationRowsRead,
        stored,
        ...given,
        typical_distance: { rmse, mae, coverage_90, coverage_80 },
        breakdown: breakdown.breakdown(),
      },
    };
  } finally {
    await scorer.close();
  }
}

/** As the card has it. */
function heldOutOf(validation: Validation): Pick<ModelCardBody['validation'], 'held_out'> {
  if (validation.kind === 'month') return {};
  const { kind: _, ...held_out } = validation;
  return { held_out };
}

async function profileOf(scorer: Scorer, batches: AsyncIterable<Rides>): Promise<TrainingProfile> {
  const profile = new TrainingProfile();
  for await (const rides of batches) {
    const batch = batchOf(rides);
    profile.add(scoredRides(batch, await scorer.score(batch)), batch.size);
  }
  return profile;
}

async function provenGolden(scorer: Scorer, { rides }: GoldenChoice, fit: Fit): Promise<GoldenRides> {
  const golden = await recordGoldenRides(scorer, rides, predictWith(fit, ridesOf(rides)));
  const difference = exactDifference(golden);
  if (difference <= EXACT_TOLERANCE_MINUTES) return golden;
  throw new TripcastError(
    `The graph differs from the recipe's own algebra by ${difference} minutes; at most ${EXACT_TOLERANCE_MINUTES} is allowed`,
    'This is a bug in tripcast, not in the data: report it with the months and the recipe.',
  );
}

async function trainingFigures(
  { database, taxiType, train }: TrainOptions,
  rides: AllRides,
  fitted: FittedModel,
): Promise<ModelCardBody['train']> {
  let stored = 0;
  for await (const batch of readRides(database, rides.train)) stored += fitted.storedValues(batch);
  return {
    months: rides.months.map(({ month, sha256, rowsRead, rows }) => ({ month, sha256, rows_read: rowsRead, rows })),
    rows_read: rowsReadOf(rides.months),
    rows: rides.months.reduce((sum, { rows }) => sum + rows, 0),
    features: fitted.features,
    stored,
    columns: [...mergedFacts(await Array.fromAsync(train, ({ path }) => fileFacts(database, path, taxiType)))],
  };
}

function refuseRepeatedMonths({ train }: TrainOptions): void {
  const months = train.map(({ month }) => month);
  const repeated = months.find((month, i) => months.indexOf(month) !== i);
  if (repeated === undefined) return;
  throw new TripcastError(
    `${repeated} is listed twice, so its rides would count double`,
    'List each month to train on once.',
  );
}
