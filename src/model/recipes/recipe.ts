import type { AddPrediction } from '../onnx/ride-values.ts';
import type { Rides } from '../rides/rides.ts';
import type { TrainingDatabase } from '../rides/training-rides.ts';
import type { BoostingRound, OpenBoosting } from './gradient-boosting.ts';

export const RECIPE_NAMES = ['linear-pair', 'linear-zones', 'xgboost-pair', 'zone-map', 'zone-map-fast'] as const;
export type RecipeName = (typeof RECIPE_NAMES)[number];

/** The native engines that training runs on. */
export interface Engines {
  /** Temporary tables of it are used and dropped; one training at a time. */
  readonly database: TrainingDatabase;
  readonly boosting: OpenBoosting;
}

/** The rides to fit on. Relations are SQL, with the columns of training-rides.ts. */
export interface FitRides extends Engines {
  /** Distance is never null: the typical one stands in. */
  readonly relation: string;
  /** Rides to measure boosting rounds on, alike; nothing is learnt from them. */
  readonly watched?: string | undefined;
  readonly onRound?: ((round: BoostingRound) => void) | undefined;
}

/** A way to learn durations from rides. One file in recipes/ each. */
export interface Recipe {
  readonly name: RecipeName;
  /** What was chosen beforehand, for the record; empty where there is nothing to choose. */
  readonly parameters: Readonly<Record<string, string | number>>;
  /**
   * What the quantiles that make an interval (cells.ts) are measured in: minutes, or the ride's spread, a small boosted
   * model (spread.ts) whose trees cost a linear graph a hundred times its own time.
   */
  readonly intervals: 'minutes' | 'spread';
  /** The same rides give the same model, to the last bit. */
  fit(rides: FitRides): Promise<FittedModel>;
}

/** The files, beside the graph, that hold a recipe's own model: for whoever would use it without tripcast. */
export const NATIVE_FILES = ['coefficients.json', 'model.ubj', 'vocabulary.json', 'zone-map.json'] as const;
export type NativeFiles = Readonly<Partial<Record<(typeof NATIVE_FILES)[number], Uint8Array | string>>>;

export interface FeatureGain {
  readonly feature: string;
  /** What an average split by it takes off the squared error. */
  readonly gain: number;
}

/** What a recipe has learnt. It may hold memory of a native engine until it is disposed of. */
export interface FittedModel extends Disposable {
  /** Columns of the design matrix. */
  readonly features: number;
  readonly intercept?: number;

  /** Values that a design matrix of these rides stores. */
  storedValues(rides: Rides): number;

  /**
   * The recipe's own algebra, apart from the graph, so that each can prove the other: float64, or XGBoost itself.
   * @param rides all distances known
   * @returns minutes `[rides.size]`
   */
  predict(rides: Rides): Float64Array;

  /** The same as nodes of a graph. */
  readonly addPrediction: AddPrediction;

  files(): NativeFiles;

  /** The features by gain, largest first; of boosted recipes. */
  importance?(): readonly FeatureGain[];
}
