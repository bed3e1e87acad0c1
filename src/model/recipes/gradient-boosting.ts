/**
 * What training needs from a gradient boosting library; implemented in src/adapters/xgboost.ts. Features, thresholds
 * and minutes are float32, as XGBoost computes.
 */

/** Every value of every row, row by row: `values` `[rows * columns]`. */
export interface DenseMatrix {
  readonly kind: 'dense';
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** Compressed rows: row i has `values` from `offsets[i]` to `offsets[i + 1]`, columns `indices`; others are missing. */
export interface SparseMatrix {
  readonly kind: 'sparse';
  readonly rows: number;
  readonly columns: number;
  readonly offsets: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/** The features of a set of rides, one row a ride. */
export type FeatureMatrix = DenseMatrix | SparseMatrix;

/** Features and durations of the same rides. */
export interface LabelledMatrix {
  readonly matrix: FeatureMatrix;
  /** Minutes `[rows]`. */
  readonly labels: Float32Array;
  /** How much each row counts, `[rows]`; by default 1. */
  readonly weights?: Float32Array | undefined;
}

/** Root mean squared errors after a boosting round, minutes. */
export interface BoostingRound {
  /** Counted from 1. */
  readonly round: number;
  readonly train: number;
  readonly validation?: number;
}

/** What to boost on, and how. */
export interface BoostingOptions extends LabelledMatrix {
  /** By the library's own names. */
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly rounds: number;
  /** Only watched, never learned from. */
  readonly validation?: LabelledMatrix | undefined;
  readonly onRound?: ((round: BoostingRound) => void) | undefined;
}

/** A tree by node number, 0 the root; each array `[nodes]`. A row goes left if its feature is below the threshold. */
export interface DecisionTree {
  /** The left child; -1 for a leaf. */
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly feature: readonly number[];
  /** A branch's threshold, a leaf's minutes. */
  readonly value: readonly number[];
  /** 1 if a row without the feature goes left. */
  readonly missingLeft: readonly number[];
}

/** A model's trees; the prediction is `base` plus one leaf of each tree. */
export interface TreeEnsemble {
  readonly base: number;
  readonly trees: readonly DecisionTree[];
}

/** A trained model; it holds the library's memory until it is disposed. */
export interface Booster extends Disposable {
  /** @returns minutes `[rows]` */
  predict(matrix: FeatureMatrix): Float32Array;
  /**
   * What each column added to each prediction: its SHAP value (Lundberg et al. 2018, exact for trees), and the value
   * that all predictions start from.
   * @returns minutes `[rows * (columns + 1)]`, row by row, that value last; each row adds up to its prediction
   */
  contributions(matrix: FeatureMatrix): Float32Array;
  trees(): TreeEnsemble;
  /** The average gain of a split by each feature, by column; features that no tree splits by are omitted. */
  gains(): ReadonlyMap<number, number>;
  /** The library's own file format (UBJSON). */
  toBytes(): Uint8Array;
}

/** The boosting library; src/adapters/xgboost.ts implements it. */
export interface GradientBoosting {
  readonly version: string;
  /**
   * The same matrix, labels and parameters give the same model, to the last bit.
   * @throws TripcastError with the library's own words, for example if a label is not a number
   */
  train(options: BoostingOptions): Promise<Booster>;
  /** A model from the library's own file format. @throws TripcastError with the library's own words, for other bytes */
  load(model: Uint8Array): Booster;
}

/** Opens the library on first use: linear recipes don't need it. @throws TripcastError if missing or another version */
export type OpenBoosting = () => Promise<GradientBoosting>;
