/**
 * Why a model predicts what it does for a ride, from the recipe's own model: what the distance, the time and the two
 * zones each added to the baseline of all predictions.
 */
import { TripcastError } from '#errors.ts';
import { at } from '../at.ts';
import { EXACT_TOLERANCE_MINUTES } from '../golden/golden.ts';
import { readTable } from '../onnx/read-table.ts';
import { TYPICAL_DISTANCE } from '../onnx/ride-graph.ts';
import type { OpenBoosting } from '../recipes/gradient-boosting.ts';
import type { RecipeName } from '../recipes/recipe.ts';
import { isDistance, type Rides, withTypicalDistance } from '../rides/rides.ts';
import { explainPairs, explainZones } from './linear.ts';
import type { Contribution, ExplainRide, ReadNative } from './native-answer.ts';
import { explainMap, explainPairTrees } from './trees.ts';

/** The parts of a ride that a prediction is divided among. */
export const RIDE_PARTS = ['distance', 'time', 'pickup', 'dropoff'] as const;
export type RidePart = (typeof RIDE_PARTS)[number];

const EXPLAIN: Readonly<Record<RecipeName, ExplainRide>> = {
  'linear-pair': explainPairs,
  'linear-zones': explainZones,
  'xgboost-pair': explainPairTrees,
  'zone-map': explainMap,
  'zone-map-fast': explainMap,
};

/**
 * Which parts of a ride a feature describes, by the name before its `=` or its axis. The contribution of a feature with
 * several parts is split evenly among them, as the Shapley value splits what players achieve only together.
 */
const PARTS_OF: Readonly<Record<string, readonly RidePart[]>> = {
  trip_distance: ['distance'],
  minute: ['time'],
  weekday: ['time'],
  pickup: ['pickup'],
  dropoff: ['dropoff'],
  PULocationID: ['pickup'],
  DOLocationID: ['dropoff'],
  PU_DO: ['pickup', 'dropoff'],
  way: ['pickup', 'dropoff'],
  map_distance: ['pickup', 'dropoff'],
  detour: ['distance', 'pickup', 'dropoff'],
};

/** The parts of a ride that a feature of any recipe describes. @throws when the feature is not listed */
export function partsOfFeature(feature: string): readonly RidePart[] {
  const parts = PARTS_OF[feature.replace(/=.*$|_\d$/, '')];
  if (parts === undefined)
    throw new Error(`src/model/explain/explain.ts does not say which parts of a ride ${feature} describes.`);
  return parts;
}

/** A prediction taken apart; minutes unless it says otherwise. */
export interface Explanation {
  readonly baseline: number;
  readonly added: Readonly<Record<RidePart, number>>;
  /** Those that added the most in either direction, first. */
  readonly features: readonly Contribution[];
  /** The prediction before it is clipped: the baseline plus everything that was added. */
  readonly unclipped: number;
  /** Miles that the model used: given, or typical of the pair; null if it used none. */
  readonly distance: number | null;
}

/**
 * Explains the prediction for one ride with the recipe's own model.
 * @param ride one ride; its distance may be NaN
 * @param model the graph, which has the typical distances if the model takes them for absent ones
 * @throws TripcastError when the contributions do not add up to the prediction
 * @example
 * const { baseline, added, unclipped } = await explainRide(ridesOf([ride]), {
 *   recipe: card.recipe,
 *   model,
 *   read: (file) => readFile(join(folder, file)),
 *   boosting,
 * });
 * // baseline + added.distance + added.time + added.pickup + added.dropoff = unclipped, in minutes
 */
export async function explainRide(
  ride: Rides,
  {
    recipe,
    model,
    read,
    boosting,
  }: { recipe: RecipeName; model: Uint8Array; read: ReadNative; boosting: OpenBoosting },
): Promise<Explanation> {
  const typical = readTable(model, TYPICAL_DISTANCE);
  const asked = typical === undefined ? ride : withTypicalDistance(ride, Float64Array.from(typical));
  const { baseline, contributions, unclipped } = await EXPLAIN[recipe](asked, read, boosting);
  const added: Record<RidePart, number> = { distance: 0, time: 0, pickup: 0, dropoff: 0 };
  for (const { feature, minutes } of contributions) {
    const parts = partsOfFeature(feature);
    for (const part of parts) added[part] += minutes / parts.length;
  }
  const sum = RIDE_PARTS.reduce((total, part) => total + added[part], baseline);
  if (!(Math.abs(sum - unclipped) <= EXACT_TOLERANCE_MINUTES)) {
    throw new TripcastError(
      `The contributions add up to ${sum} minutes, but the model predicts ${unclipped}`,
      "The files in the run's folder do not belong together: train again.",
    );
  }
  const features = contributions
    .filter(({ minutes }) => minutes !== 0)
    .toSorted((a, b) => Math.abs(b.minutes) - Math.abs(a.minutes));
  const miles = at(asked.distance, 0);
  return { baseline, added, features, unclipped, distance: isDistance(miles) ? miles : null };
}
