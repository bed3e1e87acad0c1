/**
 * What training needs of a gradient boosting library; src/adapters/xgboost.ts has it. Features, thresholds and minutes
 * are float32, as XGBoost computes.
 */

/** Every value of every row, row by row: `values` `[rows * columns]`. */
export interface DenseMatrix {
  readonly kind: 'dense';
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** Compressed rows: row i has `values` from `offsets[i]` to `offsets[i + 1]`, in the columns `indices`; the rest is missing. */
export interface SparseMatrix {
  readonly kind: 'sparse';
  readonly rows: number;
  readonly columns: number;
  readonly offsets: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

export type FeatureMatrix = DenseMatrix | SparseMatrix;

export interface LabelledMatrix {
  readonly matrix: FeatureMatrix;
  /** Minutes `[rows]`. */
  readonly labels: Float32Array;
}

/** Root mean squared errors after a boosting round, minutes. */
export interface BoostingRound {
  /** Counted from 1. */
  readonly round: number;
  readonly train: number;
  readonly validation?: number;
}

export interface BoostingOptions extends LabelledMatrix {
  /** By the library's own names. */
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly rounds: number;
  /** Watched, never learnt from. */
  readonly validation?: LabelledMatrix | undefined;
  readonly onRound?: ((round: BoostingRound) => void) | undefined;
}

/** A tree by node number, 0 the root; each array `[nodes]`. A row goes left where its feature is below the threshold. */
export interface DecisionTree {
  /** The left child; -1 for a leaf. */
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly feature: readonly number[];
  /** A branch's threshold, a leaf's minutes. */
  readonly value: readonly number[];
  /** 1 where a row without the feature goes left. */
  readonly missingLeft: readonly number[];
}

/** What the trees of a model say is `base` and one leaf of each tree, added up. */
export interface TreeEnsemble {
  readonly base: number;
  readonly trees: readonly DecisionTree[];
}

/** A trained model; it holds memory of the library's until it is disposed of. */
export interface Booster extends Disposable {
  /** @returns minutes `[rows]` */
  predict(matrix: FeatureMatrix): Float32Array;
  /**
   * What each column added to each prediction: its SHAP value (Lundberg et al. 2018, exact for trees), and what all
   * predictions begin with.
   * @returns minutes `[rows * (columns + 1)]`, row by row, that beginning last; each row adds up to its prediction
   */
  contributions(matrix: FeatureMatrix): Float32Array;
  trees(): TreeEnsemble;
  /** What an average split by each feature gains, by column; features that no tree splits by are left out. */
  gains(): ReadonlyMap<number, number>;
  /** The library's own file format (UBJSON). */
  toBytes(): Uint8Array;
}

export interface GradientBoosting {
  readonly version: string;
  /**
   * The same matrix, labels and parameters give the same model, to the last bit.
   * @throws TripcastError with the library's own words, for labels that are no numbers for example
   */
  train(options: BoostingOptions): Promise<Booster>;
  /** A model from the library's own file format. @throws TripcastError with the library's own words, for other bytes */
  load(model: Uint8Array): Booster;
}

/** Opens the library, on first need: linear recipes do without. @throws TripcastError when it is missing or another version */
export type OpenBoosting = () => Promise<GradientBoosting>;
