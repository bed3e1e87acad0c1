import type { OpenBoosting } from '../recipes/gradient-boosting.ts';
import type { NATIVE_FILES } from '../recipes/recipe.ts';
import type { Rides } from '../rides/rides.ts';

/** A feature's share of a prediction, minutes. */
export interface Contribution {
  readonly feature: string;
  readonly minutes: number;
}

/** What a recipe's own model says about one ride, minutes. */
export interface NativeAnswer {
  /** What all predictions start from. */
  readonly baseline: number;
  readonly contributions: readonly Contribution[];
  /** The prediction, before it is clipped. */
  readonly unclipped: number;
}

/** The recipe's own model, by file name. */
export type ReadNative = (file: (typeof NATIVE_FILES)[number]) => Promise<Uint8Array>;

/** @param ride one ride, its distance known unless the recipe knows absent ones */
export type ExplainRide = (ride: Rides, read: ReadNative, boosting: OpenBoosting) => Promise<NativeAnswer>;
