import type { LabelledRides, Rides } from '../rides/rides.ts';
import { allRides } from '../rides/training-rides.ts';
import type { Booster, FeatureMatrix } from './gradient-boosting.ts';
import type { FeatureGain, FitRides } from './recipe.ts';

/** By XGBoost's own names, except for the rounds. */
export interface BoostingParameters extends Readonly<Record<string, string | number>> {
  readonly num_boost_round: number;
}

/** Shared by all boosted recipes: histograms, squared error, one seed. */
export const COMMON_PARAMETERS = { objective: 'reg:squarederror', tree_method: 'hist', seed: 42 } as const;

/** Rides to learn from. */
export interface Lessons {
  readonly rides: LabelledRides;
  /** How much each counts, `[rides.size]`; by default 1. */
  readonly weights?: Float32Array;
}

/**
 * Boosts trees on the rides as encoded by `encode`.
 * @param lessons what is learned from the rides, if it is not just the rides as they are
 */
export async function boost(
  { database, boosting, relation, watched, onRound }: FitRides,
  { num_boost_round: rounds, ...parameters }: BoostingParameters,
  encode: (rides: Rides) => FeatureMatrix,
  lessons = (rides: LabelledRides): Lessons => ({ rides }),
): Promise<Booster> {
  const labelled = ({ rides, weights }: Lessons) => ({
    matrix: encode(rides),
    labels: Float32Array.from(rides.minutes),
    weights,
  });
  const library = await boosting();
  const validation = watched === undefined ? undefined : labelled({ rides: await allRides(database, watched) });
  const training = labelled(lessons(await allRides(database, relation)));
  return library.train({ ...training, parameters, rounds, validation, onRound });
}

/** @param features names by column */
export function importanceOf(booster: Booster, features: readonly string[]): readonly FeatureGain[] {
  return [...booster.gains()]
    .map(([column, gain]) => ({ feature: features[column] ?? String(column), gain }))
    .sort((a, b) => b.gain - a.gain);
}
