import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import type { CellQuantiles } from '#model/intervals/cells.ts';
import { fitSpread } from '#model/intervals/spread.ts';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import { type Fit, fitRecipe, predictWith } from '#model/recipes/fit.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { type MapEncoder, mapEncoder } from '#model/recipes/map-features.ts';
import { RECIPE_NAMES, type RecipeName } from '#model/recipes/recipe.ts';
import type { RideInputs } from '#model/rides/ride-batch.ts';
import { batchOf, pairAt, type Rides, ridesWithDistance, withoutDistance } from '#model/rides/rides.ts';
import { allRides, loadRides } from '#model/rides/training-rides.ts';
import { OUTPUTS_NOW, type Predictions, type PredictionsNow, type Scorer } from '#model/scorer.ts';
import { differing, differingBits, generatedRides, ourScorer } from '../../support/engines.ts';
import { aRealSource, boosting, evenCalibrations } from '../../support/training.ts';
import { atPlaces, joined, ridesAtSplits, ridesOf, splitsOf, WAYS_TO_TRY } from './rides-at-splits.ts';

const RIDES = 1_000_000;
const AT_SPLITS = 600_000;
/** Every eighth ride is enough for a hundred trees that are deep; more would only take longer. */
const TRAINED = '(SELECT * FROM march WHERE rowid % 8 = 0)';

interface Fitted {
  readonly name: RecipeName;
  readonly fit: Fit;
  readonly graph: Uint8Array;
}

interface Model extends Fitted {
  readonly ours: Scorer;
  /** What our engine answers the million, in one call. */
  readonly scores: Predictions;
}

const models = new Map<RecipeName, Model>();
/** The same million for all recipes, as generated and sorted by zones. */
let rides: Rides;
let inputs: RideInputs;
let sorted: RideInputs;
/** Of each of the sorted rides, its place among the generated. */
let places: Uint32Array;

beforeAll(async () => {
  await using database = await DuckDB.open({ tempDirectory: tmpdir() });
  await loadRides(database, 'march', 'green', [await aRealSource('2023-03')]);
  const encoder = await mapEncoder(database, TRAINED);
  const fitted: Fitted[] = [];
  for (const name of RECIPE_NAMES) fitted.push(await aFitted(database, encoder, name));
  const splits = [...new Set(fitted.flatMap(({ graph }) => splitsOf(graph)))];
  expect(splits.length * WAYS_TO_TRY).toBeLessThan(AT_SPLITS);
  rides = joined(ridesOf(generatedRides(RIDES - AT_SPLITS, 17)), ridesAtSplits(splits, encoder.map.miles, AT_SPLITS));
  const batch = batchOf(rides);
  inputs = batch.inputs;
  const pairs = Uint32Array.from({ length: RIDES }, (_, i) => pairAt(rides, i));
  places = Uint32Array.from(pairs, (_, i) => i).sort((a, b) => (pairs[a] ?? 0) - (pairs[b] ?? 0));
  sorted = batchOf(atPlaces(rides, places)).inputs;
  for (const each of fitted) {
    const ours = ourScorer(each.graph);
    models.set(each.name, { ...each, ours, scores: await ours.score(batch) });
  }
});
afterAll(() => {
  for (const { fit } of models.values()) fit[Symbol.dispose]();
});

/** A recipe's graph with a quantile of its own in every cell, and what it is made from. */
async function aFitted(database: DuckDB, encoder: MapEncoder, name: RecipeName): Promise<Fitted> {
  const recipe = recipeNamed(name);
  const fit = await fitRecipe(recipe, { database, boosting }, TRAINED);
  const { given, typical } = evenCalibrations();
  const calibrations = { given: uneven(given), typical: uneven(typical) };
  const trained = await allRides(database, TRAINED);
  const judged = [ridesWithDistance(trained), withoutDistance(trained)].map((some) => ({
    rides: some,
    predicted: predictWith(fit, some),
  }));
  const spread = recipe.intervals === 'spread' ? { spread: await fitSpread(await boosting(), encoder, judged) } : {};
  const graph = rideGraph({
    typical: fit.typical,
    addPrediction: fit.fitted.addPrediction,
    calibrations: { ...calibrations, ...spread },
    metadata: {},
  });
  return { name, fit, graph };
}

const uneven = (quantiles: CellQuantiles): CellQuantiles => {
  const each = (values: Float64Array) => values.map((minutes, cell) => minutes * (1 + (cell % 97) / 97));
  return {
    interval_low: each(quantiles.interval_low),
    interval80_low: each(quantiles.interval80_low),
    interval80_high: each(quantiles.interval80_high),
    interval_high: each(quantiles.interval_high),
  };
};

test.for(RECIPE_NAMES)('%s answers the million as onnxruntime does, all five outputs, bit for bit', async (name) => {
  const { graph, scores } = theModel(name);
  const reference = await loadScorer(graph);
  onTestFinished(() => reference.close());
  expect(differing(scores, await reference.score(batchOf(rides)))).toBe(0);
});

// Only a clip to 1..60 minutes, here as there, comes after what the library says.
test.for(['xgboost-pair', 'zone-map', 'zone-map-fast'] as const)(
  '%s predicts for the million what libxgboost does, bit for bit',
  (name) => {
    const { fit, scores } = theModel(name);
    const exact = Float32Array.from(predictWith(fit, rides));
    expect(differingBits(scores.predicted_duration, exact)).toBe(0);
  },
);

test.for(RECIPE_NAMES)('%s answers rides sorted by their zones, 100,000 in a call, as in any other order', (name) => {
  const model = theModel(name);
  for (let from = 0; from < RIDES; from += 100_000) expectSorted(model, from, 100_000);
});

test.for(RECIPE_NAMES)('%s answers batches of 1 to 600 rides, sorted or not, as it does each ride alone', (name) => {
  const model = theModel(name);
  const { ours, scores } = model;
  for (let i = 0; i < 600; i += 1) expectSame(ours.scoreNow(part(inputs, i, 1)), atRange(scores, i, 1));
  for (let size = 1; size <= 600; size += 1) {
    const from = (size * 1009) % (RIDES - 600);
    expectSame(ours.scoreNow(part(inputs, from, size)), atRange(scores, from, size));
    expectSorted(model, from, size);
  }
});

function expectSorted({ ours, scores }: Model, from: number, size: number): void {
  const some = places.subarray(from, from + size);
  const expected = eachNow((output) => Float32Array.from(some, (i) => scores[output][i] ?? Number.NaN));
  expectSame(ours.scoreNow(part(sorted, from, size)), expected);
}

function theModel(name: RecipeName): Model {
  const model = models.get(name);
  if (model === undefined) throw new Error(`${name} has not been fitted`);
  return model;
}

function expectSame(found: PredictionsNow, expected: PredictionsNow): void {
  expect(OUTPUTS_NOW.filter((output) => differingBits(found[output], expected[output]) > 0)).toEqual([]);
}

const eachNow = (make: (output: keyof PredictionsNow) => Float32Array): PredictionsNow => ({
  predicted_duration: make('predicted_duration'),
  interval_low: make('interval_low'),
  interval_high: make('interval_high'),
});

const atRange = (scores: Predictions, from: number, size: number): PredictionsNow =>
  eachNow((output) => scores[output].subarray(from, from + size));

const part = (inputs: RideInputs, from: number, size: number): RideInputs => ({
  PULocationID: inputs.PULocationID.subarray(from, from + size),
  DOLocationID: inputs.DOLocationID.subarray(from, from + size),
  trip_distance: inputs.trip_distance.subarray(from, from + size),
  pickup_time: inputs.pickup_time.subarray(from, from + size),
});
