import type { AddPrediction } from '../onnx/ride-values.ts';
import type { Rides } from '../rides/rides.ts';
import type { TrainingDatabase } from '../rides/training-rides.ts';
import type { BoostingRound, OpenBoosting } from './gradient-boosting.ts';

/** The recipes by name, simplest first; recipes/index.ts has the recipes themselves. */
export const RECIPE_NAMES = ['linear-pair', 'linear-zones', 'xgboost-pair', 'zone-map', 'zone-map-fast'] as const;
export type RecipeName = (typeof RECIPE_NAMES)[number];

/** The native engines that training uses. */
export interface Engines {
  /** Its temporary tables are used and dropped; one training at a time. */
  readonly database: TrainingDatabase;
  readonly boosting: OpenBoosting;
}

/** The rides to fit on. Relations are SQL, with the columns of training-rides.ts. */
export interface FitRides extends Engines {
  /** With no null distance if the recipe takes the typical one for it. */
  readonly relation: string;
  /** Rides to measure boosting rounds on, in the same form; nothing is learned from them. */
  readonly watched?: string | undefined;
  readonly onRound?: ((round: BoostingRound) => void) | undefined;
}

/** A way to learn durations from rides. Each has its own file in recipes/. */
export interface Recipe {
  readonly name: RecipeName;
  /** What was chosen in advance for that many training rides; empty if there is nothing to choose. */
  parametersFor(rides: number): Readonly<Record<string, string | number>>;
  /**
   * The unit of the quantiles that make an interval (cells.ts): minutes, or the ride's spread, a small boosted model
   * (spread.ts) whose trees would take a hundred times as long as a linear graph itself.
   */
  readonly intervals: 'minutes' | 'spread';
  /**
   * What a ride without a distance is to it: one of its pair's `typical` distance; or, since it also learns every ride
   * with the distance `absent`, a question of its own.
   */
  readonly unknownDistance: 'typical' | 'absent';
  /** The same rides give the same model, to the last bit. */
  fit(rides: FitRides): Promise<FittedModel>;
}

/** The files, alongside the graph, that hold a recipe's own model, for anyone who wants to use it without tripcast. */
export const NATIVE_FILES = ['coefficients.json', 'model.ubj', 'vocabulary.json', 'zone-map.json'] as const;
export type NativeFiles = Readonly<Partial<Record<(typeof NATIVE_FILES)[number], Uint8Array | string>>>;

export interface FeatureGain {
  readonly feature: string;
  /** How much an average split by it reduces the squared error. */
  readonly gain: number;
}

/** What a recipe has learned. It may hold a native engine's memory until it is disposed. */
export interface FittedModel extends Disposable {
  /** Columns of the design matrix. */
  readonly features: number;
  readonly intercept?: number;

  /** How many values a design matrix of these rides stores. */
  storedValues(rides: Rides): number;

  /**
   * The recipe's own algebra, separate from the graph, so that each can verify the other: float64, or XGBoost itself.
   * @param rides all distances known, unless the recipe knows absent ones
   * @returns minutes `[rides.size]`
   */
  predict(rides: Rides): Float64Array;

  /** The same as nodes of a graph. */
  readonly addPrediction: AddPrediction;

  files(): NativeFiles;

  /** The features by gain, largest first; only for boosted recipes. */
  importance?(): readonly FeatureGain[];
}
