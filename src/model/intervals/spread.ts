/**
 * How far off a prediction is on average, as a function of the ride: a small boosted model of the absolute errors of
 * predictions that had not seen their ride. An interval in units of it is wide where errors are large, such as in a
 * borough with few rides or where no distance was recorded, and narrow elsewhere ("locally weighted" conformal
 * prediction: Lei et al., "Distribution-free predictive inference for regression", 2018, section 5.2).
 */

import { at } from '../at.ts';
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';
import { asColumn, clip, sideBySide } from '../onnx/pieces.ts';
import type { RideValues } from '../onnx/ride-values.ts';
import { treeEnsemble } from '../onnx/trees.ts';
import { COMMON_PARAMETERS } from '../recipes/boosted.ts';
import type { Booster, DenseMatrix, GradientBoosting, TreeEnsemble } from '../recipes/gradient-boosting.ts';
import { addMapFeatures, encodeOnMap, MAP_FEATURES, type MapEncoder } from '../recipes/map-features.ts';
import type { LabelledRides } from '../rides/rides.ts';

/** Rides with the predictions of a fit that has not seen them. */
export interface JudgedRides {
  readonly rides: LabelledRides;
  /** Minutes `[rides.size]`. */
  readonly predicted: Float64Array;
}

export interface SpreadModel {
  readonly encoder: MapEncoder;
  readonly trees: TreeEnsemble;
}

interface JudgedMatrix {
  readonly matrix: DenseMatrix;
  readonly labels: Float32Array;
}

const ROUNDS = 40;
const PARAMETERS = { ...COMMON_PARAMETERS, max_depth: 4, learning_rate: 0.15, min_child_weight: 100 };
/** Minutes. No prediction is more certain than the least, whatever the trees add up to. */
const BOUNDS = { least: 0.5, most: 60 } as const;

export async function fitSpread(
  boosting: GradientBoosting,
  encoder: MapEncoder,
  parts: readonly JudgedRides[],
): Promise<SpreadModel> {
  using booster = await boost(boosting, parts.map(judgedOn(encoder)));
  return { encoder, trees: booster.trees() };
}

/**
 * The spread of each ride according to a model of all other folds.
 * @param encoder of all folds: it reveals nothing about durations
 * @param folds their parts, for example rides with and without the distance
 * @returns minutes, fold by fold and part by part
 */
export async function spreadOutOfFold(
  boosting: GradientBoosting,
  encoder: MapEncoder,
  folds: readonly (readonly JudgedRides[])[],
): Promise<readonly (readonly Float64Array[])[]> {
  const judged = folds.map((parts) => parts.map(judgedOn(encoder)));
  const spreads: Float64Array[][] = [];
  for (const own of judged) {
    using booster = await boost(boosting, judged.filter((parts) => parts !== own).flat());
    spreads.push(
      own.map(({ matrix }) =>
        Float64Array.from(booster.predict(matrix), (minutes) => Math.min(BOUNDS.most, Math.max(BOUNDS.least, minutes))),
      ),
    );
  }
  return spreads;
}

/** The spread as nodes. @returns float [N], minutes */
export function addSpread(g: GraphBuilder, { encoder, trees }: SpreadModel, ride: RideValues, predicted: Value): Value {
  const rows = sideBySide(g, [addMapFeatures(g, encoder, ride), asColumn(g, predicted)]);
  return clip(g, treeEnsemble(g, rows, trees), BOUNDS.least, BOUNDS.most);
}

const COLUMNS = MAP_FEATURES.length + 1;

/** The map's features and the prediction; and how far off the prediction was. */
const judgedOn =
  (encoder: MapEncoder) =>
  ({ rides, predicted }: JudgedRides): JudgedMatrix => {
    const onMap = encodeOnMap(encoder, rides);
    const values = new Float32Array(rides.size * COLUMNS);
    for (let i = 0; i < rides.size; i += 1) {
      values.set(onMap.values.subarray(i * onMap.columns, (i + 1) * onMap.columns), i * COLUMNS);
      values[i * COLUMNS + onMap.columns] = at(predicted, i);
    }
    return {
      matrix: { kind: 'dense', rows: rides.size, columns: COLUMNS, values },
      labels: Float32Array.from(rides.minutes, (actual, i) => Math.abs(actual - at(predicted, i))),
    };
  };

function boost(boosting: GradientBoosting, parts: readonly JudgedMatrix[]): Promise<Booster> {
  const rows = parts.reduce((sum, { matrix }) => sum + matrix.rows, 0);
  const values = new Float32Array(rows * COLUMNS);
  const labels = new Float32Array(rows);
  let done = 0;
  for (const part of parts) {
    values.set(part.matrix.values, done * COLUMNS);
    labels.set(part.labels, done);
    done += part.matrix.rows;
  }
  const matrix: DenseMatrix = { kind: 'dense', rows, columns: COLUMNS, values };
  return boosting.train({ matrix, labels, parameters: PARAMETERS, rounds: ROUNDS });
}
