import type { Rides } from '../rides/rides.ts';
import { allRides } from '../rides/training-rides.ts';
import type { Booster, FeatureMatrix } from './gradient-boosting.ts';
import type { FeatureGain, FitRides } from './recipe.ts';

/** By XGBoost's own names, except for the rounds. */
export interface BoostingParameters extends Readonly<Record<string, string | number>> {
  readonly num_boost_round: number;
}

/** Shared by all boosted recipes: histograms, squared error, one seed. */
export const COMMON_PARAMETERS = { objective: 'reg:squarederror', tree_method: 'hist', seed: 42 } as const;

/** Boosts trees on the rides as encoded by `encode`. */
export async function boost(
  { database, boosting, relation, watched, onRound }: FitRides,
  { num_boost_round: rounds, ...parameters }: BoostingParameters,
  encode: (rides: Rides) => FeatureMatrix,
): Promise<Booster> {
  const labelled = async (from: string) => {
    const rides = await allRides(database, from);
    return { matrix: encode(rides), labels: Float32Array.from(rides.minutes) };
  };
  const library = await boosting();
  const validation = watched === undefined ? undefined : await labelled(watched);
  return library.train({ ...(await labelled(relation)), parameters, rounds, validation, onRound });
}

/** @param features names by column */
export function importanceOf(booster: Booster, features: readonly string[]): readonly FeatureGain[] {
  return [...booster.gains()]
    .map(([column, gain]) => ({ feature: features[column] ?? String(column), gain }))
    .sort((a, b) => b.gain - a.gain);
}
