import { type Calibrations, intervals } from '../intervals/interval-graph.ts';
import { OUTPUTS } from '../scorer.ts';
import { GraphBuilder } from './graph-builder.ts';
import { distanceGiven, lookUp, pairSlot, zoneSlot } from './pieces.ts';
import type { AddPrediction } from './ride-values.ts';

/** The table of typical distances, in a graph that has one. */
export const TYPICAL_DISTANCE = 'typical_distance';

/**
 * The model that all recipes share, wrapped around each one's own nodes: the four inputs, guards, the typical distance
 * if there is one, the intervals and the five outputs.
 * @param typical miles by pair slot, for a distance that is not given; undefined if the recipe knows absent distances
 */
export function rideGraph(options: {
  readonly typical?: Float64Array | undefined;
  readonly addPrediction: AddPrediction;
  readonly calibrations: Calibrations;
  readonly metadata: Readonly<Record<string, string>>;
}): Uint8Array {
  const g = new GraphBuilder();
  const pickupSlot = zoneSlot(g, g.input('PULocationID', 'int64'));
  const dropoffSlot = zoneSlot(g, g.input('DOLocationID', 'int64'));
  const tripDistance = g.input('trip_distance', 'float');
  const pickupTime = g.input('pickup_time', 'int64');

  const pair = pairSlot(g, pickupSlot, dropoffSlot);
  const isGiven = distanceGiven(g, tripDistance);
  const completed = (typical: Float64Array) =>
    g.node('Where', [isGiven, tripDistance, lookUp(g, g.table(TYPICAL_DISTANCE, typical), pair)]);
  const distance = options.typical === undefined ? tripDistance : completed(options.typical);

  const ride = { pickupSlot, dropoffSlot, pair, distance, distanceGiven: isGiven, pickupTime };
  const predicted = options.addPrediction(g, ride);
  const outputs = { predicted_duration: predicted, ...intervals(g, ride, predicted, options.calibrations) };
  for (const name of OUTPUTS) g.output(name, outputs[name]);
  return g.toModel('trip_duration', options.metadata);
}
