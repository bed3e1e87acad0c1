/**
 * The published boosted model: XGBoost on the one-hot pair of zones (PU_DO) and the distance, as a sparse matrix in
 * DictVectorizer's column order. A pair's column holds 1 or nothing, and XGBoost treats nothing as a missing value; so
 * a branch on such a column only asks whether the ride is of that pair, and the graph asks just that of the pair slot.
 */

import { at, elementAt } from '../at.ts';
import { asColumn, sideBySide } from '../onnx/pieces.ts';
import { type BranchOf, belowThreshold, treeEnsemble } from '../onnx/trees.ts';
import { pairAt, type Rides } from '../rides/rides.ts';
import { PAIR_SLOTS, pairFeature } from '../rides/zone-pair.ts';
import { boost, COMMON_PARAMETERS, importanceOf } from './boosted.ts';
import type { Booster, SparseMatrix } from './gradient-boosting.ts';
import type { FitRides, FittedModel, Recipe } from './recipe.ts';
import { vocabularyOf } from './vocabulary.ts';

/** As published; the tree method is the library's default. */
const PARAMETERS = {
  ...COMMON_PARAMETERS,
  num_boost_round: 30,
  learning_rate: 0.09585355369315604,
  max_depth: 30,
  min_child_weight: 1.060597050922164,
  reg_alpha: 0.018060244040060163,
  reg_lambda: 0.011658731377413597,
};

export const xgboostPair: Recipe = {
  name: 'xgboost-pair',
  parametersFor: () => PARAMETERS,
  intervals: 'spread',
  unknownDistance: 'typical',
  async fit(rides) {
    const columns = new PairColumns(await pairsOf(rides));
    return fittedModel(columns, await boost(rides, PARAMETERS, (some) => columns.encode(some)));
  },
};

async function pairsOf({ database, relation }: FitRides): Promise<readonly number[]> {
  const rows = await database.rows(`SELECT DISTINCT pair FROM ${relation}`);
  return rows.map(({ pair }) => Number(pair));
}

const DISTANCE = 'trip_distance';

/** The columns of the design matrix: one per pair, then the distance. */
export class PairColumns {
  readonly features: readonly string[];
  /** The pair slot of each pair's column. */
  readonly pairs: Uint32Array;
  /** The column by pair slot; -1 for pairs not seen. */
  readonly #columns = new Int32Array(PAIR_SLOTS).fill(-1);

  constructor(pairs: readonly number[]) {
    const vocabulary = vocabularyOf([...pairs.map(pairFeature), DISTANCE]);
    this.features = Object.keys(vocabulary);
    this.pairs = new Uint32Array(pairs.length);
    for (const pair of pairs) {
      const column = vocabulary[pairFeature(pair)] ?? -1; // it was just added
      this.#columns[pair] = column;
      this.pairs[column] = pair;
    }
  }

  get distance(): number {
    return this.pairs.length;
  }

  /** -1 = it has none. */
  #columnOf(pair: number): number {
    return this.#columns[pair] ?? -1;
  }

  has(pair: number): boolean {
    return this.#columnOf(pair) >= 0;
  }

  encode(rides: Rides): SparseMatrix {
    const offsets = new Uint32Array(rides.size + 1);
    const indices = new Uint32Array(rides.size * 2);
    const values = new Float32Array(rides.size * 2);
    let stored = 0;
    for (let i = 0; i < rides.size; i += 1) {
      const pair = pairAt(rides, i);
      if (this.has(pair)) {
        indices[stored] = this.#columnOf(pair);
        values[stored] = 1;
        stored += 1;
      }
      indices[stored] = this.distance;
      values[stored] = at(rides.distance, i);
      stored += 1;
      offsets[i + 1] = stored;
    }
    return {
      kind: 'sparse',
      rows: rides.size,
      columns: this.features.length,
      offsets,
      indices: indices.subarray(0, stored),
      values: values.subarray(0, stored),
    };
  }
}

/** The graph's rows have two columns, the pair slot and the distance. */
const branchIn =
  (columns: PairColumns): BranchOf =>
  (tree, node) => {
    const branch = belowThreshold(tree, node);
    if (branch.feature === columns.distance) return { ...branch, feature: 1 };
    const { yes: left, no: right } = branch;
    const ofPair = 1 < branch.value ? left : right;
    const ofOthers = elementAt(tree.missingLeft, node) === 1 ? left : right;
    return { mode: 'equal', feature: 0, value: elementAt(columns.pairs, branch.feature), yes: ofPair, no: ofOthers };
  };

function fittedModel(columns: PairColumns, booster: Booster): FittedModel {
  return {
    features: columns.features.length,
    storedValues: (rides) => columns.encode(rides).values.length,
    predict: (rides) => Float64Array.from(booster.predict(columns.encode(rides))),
    addPrediction(g, { pair, distance }) {
      const rows = sideBySide(g, [asColumn(g, g.cast(pair, 'float')), asColumn(g, distance)]);
      return treeEnsemble(g, rows, booster.trees(), branchIn(columns));
    },
    files: () => ({
      'model.ubj': booster.toBytes(),
      'vocabulary.json': JSON.stringify(vocabularyOf(columns.features)),
    }),
    importance: () => importanceOf(booster, columns.features),
    [Symbol.dispose]: () => booster[Symbol.dispose](),
  };
}
