import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { modelCardSchema } from '#model/card/card.ts';
import { ErrorMetrics } from '#model/evaluation/metrics.ts';
import { checkGoldenRides, EXACT_TOLERANCE_MINUTES, exactDifference, recordGoldenRides } from '#model/golden/golden.ts';
import { ModelProtoSchema } from '#model/onnx/gen/onnx-ml_pb.js';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import { type Fit, fitRecipe, predictWith } from '#model/recipes/fit.ts';
import type { BoostingRound } from '#model/recipes/gradient-boosting.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { roundsFor } from '#model/recipes/zone-map.ts';
import { batchOf, type LabelledRides, withoutDistance } from '#model/rides/rides.ts';
import { allRides, loadRides } from '#model/rides/training-rides.ts';
import type { TrainedModel } from '#model/train.ts';
import { aRealSource, evenCalibrations, theEngines, trainOnReal } from '../../support/training.ts';
import { groupsOff, overallOff, tellingGroups } from './coverage.ts';

interface FitOnReal {
  readonly fit: Fit;
  readonly trained: LabelledRides;
  readonly validated: LabelledRides;
  readonly rounds: readonly BoostingRound[];
}

/** Fits on 2023-03, watching 2023-04; no interval is calibrated. */
async function fitOnReal(recipe: string): Promise<FitOnReal> {
  const engines = await theEngines();
  const { database } = engines;
  await loadRides(database, 'trained', 'green', [await aRealSource('2023-03')]);
  await loadRides(database, 'validated', 'green', [await aRealSource('2023-04')]);
  const rounds: BoostingRound[] = [];
  const onRound = (round: BoostingRound) => rounds.push(round);
  const fit = await fitRecipe(recipeNamed(recipe), engines, 'trained', { watched: 'validated', onRound });
  onTestFinished(() => fit[Symbol.dispose]());
  const [trained, validated] = [await allRides(database, 'trained'), await allRides(database, 'validated')];
  return { fit, trained, validated, rounds };
}

function rmse(rides: LabelledRides, predicted: Float64Array): number {
  const errors = new ErrorMetrics();
  predicted.forEach((minutes, i) => {
    errors.add(rides.minutes[i] ?? Number.NaN, minutes);
  });
  return errors.summary().rmse;
}

/** Largest difference of the graph from XGBoost itself, minutes. */
async function graphDifference({ fitted, typical }: Fit, rides: LabelledRides): Promise<number> {
  const { addPrediction } = fitted;
  const graph = rideGraph({ typical, addPrediction, calibrations: evenCalibrations(), metadata: {} });
  const scorer = await loadScorer(graph);
  onTestFinished(() => scorer.close());
  const { predicted_duration } = await scorer.score(batchOf(rides));
  const exact = predictWith({ fitted, typical, [Symbol.dispose]() {} }, rides);
  return exact.reduce((most, minutes, i) => Math.max(most, Math.abs(minutes - (predicted_duration[i] ?? 1e9))), 0);
}

// The figures of xgboost-pair are those of the Python stack (XGBoost 3.2.0, DictVectorizer) on the same files.
test('xgboost-pair meets the published figures, and its graph predicts what XGBoost predicts for every ride', async () => {
  const { fit, trained, validated, rounds } = await fitOnReal('xgboost-pair');
  expect(fit.fitted.features).toBe(6053);
  expect(fit.fitted.storedValues(trained)).toBe(138_784);
  expect(fit.fitted.storedValues(validated)).toBe(122_674);
  expect(Math.abs(rmse(validated, predictWith(fit, validated)) - 5.4709226)).toBeLessThan(0.0005);
  expect(rounds).toHaveLength(30);
  expect(rounds.at(-1)?.validation).toBeCloseTo(5.4709226, 3);
  expect(await graphDifference(fit, validated)).toBeLessThan(EXACT_TOLERANCE_MINUTES);
  expect(await graphDifference(fit, withoutDistance(validated))).toBeLessThan(EXACT_TOLERANCE_MINUTES);
});

test('zone-map is better by a quarter, and its graph predicts what XGBoost predicts for every ride', async () => {
  const { fit, validated, rounds } = await fitOnReal('zone-map');
  // Each limit is the measured figure, rounded up.
  expect(rmse(validated, predictWith(fit, validated))).toBeLessThanOrEqual(4.14);
  expect(rmse(validated, predictWith(fit, withoutDistance(validated)))).toBeLessThanOrEqual(5.16);
  expect(rounds).toHaveLength(roundsFor(69_392));
  expect(await graphDifference(fit, validated)).toBeLessThan(EXACT_TOLERANCE_MINUTES);
  expect(await graphDifference(fit, withoutDistance(validated))).toBeLessThan(EXACT_TOLERANCE_MINUTES);
  // A caller who knows no time gets an answer that costs less than a minute of error.
  const timeless = { ...validated, pickupTime: new Float64Array(validated.size).fill(-1) };
  expect(rmse(validated, predictWith(fit, timeless))).toBeLessThan(5.1);
});

describe('zone-map-fast, trained as a whole', () => {
  let once: Promise<TrainedModel> | undefined;
  const theModel = () => {
    once ??= trainOnReal('2023-03', '2023-04', { recipe: 'zone-map-fast' });
    return once;
  };

  test('meets its figure, and its card says what it is made of', async () => {
    const { card, rounds, files } = await theModel();
    expect(card.validation.rmse).toBeLessThanOrEqual(4.22);
    expect(card.validation.typical_distance.rmse).toBeLessThanOrEqual(5.2);
    expect(card.parameters).toMatchObject({ num_boost_round: 100, seed: 42, tree_method: 'hist' });
    expect(card.train).toMatchObject({ features: 17, stored: 17 * 69_392 });
    expect(card.importance?.[0]?.feature).toBe('map_distance');
    expect(rounds.at(-1)).toMatchObject({ round: 100, validation: expect.closeTo(card.validation.rmse, 2) });
    expect(Object.keys(files).sort()).toEqual(['model.ubj', 'zone-map.json']);
    const whole = { ...card, run_id: 'a'.repeat(32), mlflow_run_id: null, created_at: '2023-05-15T00:00:00.000Z' };
    expect(modelCardSchema.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
  });

  test('its intervals hold what they say within 2 points, and within 4 in every borough, part of the day and zone', async () => {
    const { validation } = (await theModel()).card;
    const groups = tellingGroups(validation).map(({ group }) => group);
    expect(groups).toEqual(expect.arrayContaining(['0-6', 'Manhattan', 'Bronx', 'same zone']));
    expect(overallOff(validation, 2)).toEqual([]);
    expect(groupsOff(validation, 4)).toEqual([]);
  });

  test('its golden rides detect a graph that uses <= where XGBoost uses <', async () => {
    const { golden, model } = await theModel();
    expect(exactDifference(golden)).toBeLessThan(EXACT_TOLERANCE_MINUTES);
    const scorer = await loadScorer(model);
    expect(await checkGoldenRides(scorer, golden)).toEqual({ checked: golden.rides.length, max_difference: 0 });
    await scorer.close();

    const wrong = await loadScorer(askingOrEqual(model));
    const recorded = await recordGoldenRides(wrong, golden.rides, Float64Array.from(golden.exact));
    await wrong.close();
    expect(exactDifference(recorded)).toBeGreaterThan(EXACT_TOLERANCE_MINUTES);
  });
});

/** The same graph with BRANCH_LEQ (0) for every BRANCH_LT (1). */
function askingOrEqual(bytes: Uint8Array): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes);
  const modes = (model.graph?.node ?? [])
    .filter(({ opType }) => opType === 'TreeEnsemble')
    .flatMap(({ attribute }) => attribute.filter(({ name }) => name === 'nodes_modes'));
  expect(modes).toHaveLength(2); // the model and its spread
  for (const { t } of modes) t?.rawData?.fill(0);
  return toBinary(ModelProtoSchema, model);
}
