import { KEPT_MINUTES } from '#trips/tlc-file.ts';
import { clip } from '../onnx/pieces.ts';
import { treeEnsemble } from '../onnx/trees.ts';
import { isDistance, type LabelledRides, type Rides, withAndWithoutDistance } from '../rides/rides.ts';
import { countRows } from '../rides/training-rides.ts';
import { type BoostingParameters, boost, COMMON_PARAMETERS, importanceOf, type Lessons } from './boosted.ts';
import type { Booster } from './gradient-boosting.ts';
import { addMapFeatures, encodeOnMap, encoderJson, MAP_FEATURES, type MapEncoder, mapEncoder } from './map-features.ts';
import type { FittedModel, Recipe, RecipeName } from './recipe.ts';

/**
 * A recipe of boosted trees on a map of the zones; its predictions are clipped to the minutes a kept ride lasts. The
 * trees learn each ride twice, as metered and with the distance absent, because a meter knows the miles and a caller at
 * pickup does not. A typical distance in place of an absent one would claim to be metered.
 * @param chosenFor settings by the number of training rides
 */
export function mapRecipe(name: RecipeName, chosenFor: (rides: number) => BoostingParameters): Recipe {
  const parametersFor = (rides: number) => ({ ...COMMON_PARAMETERS, ...chosenFor(rides) });
  return {
    name,
    parametersFor,
    intervals: 'spread',
    unknownDistance: 'absent',
    async fit(rides) {
      const encoder = await mapEncoder(rides.database, rides.relation);
      const parameters = parametersFor(await countRows(rides.database, rides.relation));
      const encode = (some: Rides) => encodeOnMap(encoder, some);
      return fittedOnMap(encoder, await boost(rides, parameters, encode, bothQuestions));
    },
  };
}

/**
 * How much a metered ride counts, compared with the same ride without its distance. Trees that answer both questions mix
 * them in their upper nodes, and the metered answers, which have finer detail to learn, lose the most by it.
 */
const METERED_WEIGHT = 2;

function bothQuestions(rides: LabelledRides): Lessons {
  const both = withAndWithoutDistance(rides);
  return {
    rides: both,
    weights: Float32Array.from(both.distance, (miles) => (isDistance(miles) ? METERED_WEIGHT : 1)),
  };
}

/** Boosted trees on the map's features, which they own. */
export function fittedOnMap(encoder: MapEncoder, booster: Booster): FittedModel {
  const { least, most } = KEPT_MINUTES;
  return {
    features: MAP_FEATURES.length,
    storedValues: (rides) => rides.size * MAP_FEATURES.length,
    predict: (rides) =>
      Float64Array.from(booster.predict(encodeOnMap(encoder, rides)), (minutes) =>
        Math.min(most, Math.max(least, minutes)),
      ),
    addPrediction: (g, ride) =>
      clip(g, treeEnsemble(g, addMapFeatures(g, encoder, ride), booster.trees()), least, most),
    files: () => ({ 'model.ubj': booster.toBytes(), 'zone-map.json': encoderJson(encoder) }),
    importance: () => importanceOf(booster, MAP_FEATURES),
    [Symbol.dispose]: () => booster[Symbol.dispose](),
  };
}
