import { z } from 'zod';
import { at } from '../at.ts';
import type { FeatureMatrix, OpenBoosting } from '../recipes/gradient-boosting.ts';
import { encodeOnMap, MAP_FEATURES, readEncoder } from '../recipes/map-features.ts';
import { PairColumns } from '../recipes/xgboost-pair.ts';
import { pairOfFeature } from '../rides/zone-pair.ts';
import type { ExplainRide, NativeAnswer, ReadNative } from './native-answer.ts';

const vocabularySchema = z.record(z.string(), z.int());

/** For xgboost-pair: the columns of other pairs contribute too, not just the one of the ride's own pair. */
export const explainPairTrees: ExplainRide = async (ride, read, boosting) => {
  const vocabulary = vocabularySchema.parse(JSON.parse(await text(read, 'vocabulary.json')));
  const columns = new PairColumns(Object.keys(vocabulary).flatMap((name) => pairOfFeature(name) ?? []));
  return answer(columns.encode(ride), columns.features, read, boosting);
};

/** For the zone-map recipes. */
export const explainMap: ExplainRide = async (ride, read, boosting) => {
  const encoder = readEncoder(await text(read, 'zone-map.json'));
  return answer(encodeOnMap(encoder, ride), MAP_FEATURES, read, boosting);
};

/** @param features names by column */
async function answer(
  matrix: FeatureMatrix,
  features: readonly string[],
  read: ReadNative,
  boosting: OpenBoosting,
): Promise<NativeAnswer> {
  const [library, model] = await Promise.all([boosting(), read('model.ubj')]);
  using booster = library.load(model);
  const minutes = booster.contributions(matrix);
  return {
    baseline: at(minutes, features.length),
    contributions: features.map((feature, column) => ({ feature, minutes: at(minutes, column) })),
    unclipped: at(booster.predict(matrix), 0),
  };
}

const text = async (read: ReadNative, file: Parameters<ReadNative>[0]) => new TextDecoder().decode(await read(file));
