import type { AddPrediction } from './onnx/ride-graph.ts';
import type { Rides } from './rides.ts';
import type { TrainingDatabase } from './training-rides.ts';

export const RECIPE_NAMES = ['linear-pair'] as const;
export type RecipeName = (typeof RECIPE_NAMES)[number];

/** The rides to fit on. */
export interface FitRides {
  readonly database: TrainingDatabase;
  /** SQL, with the columns of training-rides.ts; distance is never null: the typical one stands in. */
  readonly relation: string;
}

/** A way to learn durations from rides. One file in recipes/ each. */
export interface Recipe {
  readonly name: RecipeName;
  /** The same rides give the same model, to the last bit. */
  fit(rides: FitRides): Promise<FittedModel>;
}

/** What a recipe has learnt. */
export interface FittedModel {
  /** Columns of the design matrix. */
  readonly features: number;
  readonly intercept?: number;
  /** The model as JSON, in the names of the published features. */
  readonly coefficients: unknown;

  /** Values that a sparse design matrix of these rides stores. */
  storedValues(rides: Rides): number;

  /**
   * The recipe's own algebra in float64, apart from the graph, so that each can prove the other.
   * @param rides all distances known
   * @returns minutes `[rides.size]`
   */
  predict(rides: Rides): Float64Array;

  /** The same as nodes of a graph. */
  readonly addPrediction: AddPrediction;
}
