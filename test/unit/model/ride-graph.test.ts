import { describe, expect, onTestFinished, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { BOUNDARY_RIDES, ridesOf } from '#model/golden/golden.ts';
import { BANDS, CELLS } from '#model/intervals/cells.ts';
import { strataOf } from '#model/intervals/strata.ts';
import { GraphBuilder } from '#model/onnx/graph-builder.ts';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import type { AddPrediction } from '#model/onnx/ride-values.ts';
import { MAP_FEATURES } from '#model/recipes/map-features.ts';
import { drawMap } from '#model/recipes/map-of-zones.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import { batchOf } from '#model/rides/rides.ts';
import { PAIR_SLOTS, pairSlot } from '#model/rides/zone-pair.ts';
import { OUTPUTS } from '#model/scorer.ts';
import { evenCalibrations } from '../../support/training.ts';

const TIME = 1_680_510_600;

/** Scores rides [pickup zone, dropoff zone, distance] with a graph whose typical distance is the pair slot / 10,000. */
async function score(addPrediction: AddPrediction, rides: readonly (readonly [number, number, number])[]) {
  const typical = Float64Array.from({ length: PAIR_SLOTS }, (_, pair) => pair / 10_000);
  const scorer = await loadScorer(
    rideGraph({ typical, addPrediction, calibrations: evenCalibrations(), metadata: {} }),
  );
  onTestFinished(() => scorer.close());
  const batch = new RideBatch(rides.length);
  for (const [pickup, dropoff, distance] of rides) batch.push(pickup, dropoff, distance, TIME);
  const scores = await scorer.score(batch);
  return rides.map((_, i) => Object.fromEntries(OUTPUTS.map((name) => [name, scores[name][i]])));
}

const theDistance: AddPrediction = (_, ride) => ride.distance;
const thePair: AddPrediction = (g, ride) => g.cast(ride.pair, 'float');

describe('the graph around a recipe', () => {
  test('maps ids outside 1..265 to slot 0, on either side', async () => {
    const zones: readonly (readonly [number, number])[] = [
      [1, 265], [0, 7], [266, 7], [-1, 7], [7, 0], [7, 266], [7, -2_147_483_648], [2_147_483_647, 265],
    ]; // biome-ignore format: one line
    const found = await score(
      thePair,
      zones.map(([pickup, dropoff]) => [pickup, dropoff, 1]),
    );
    expect(found.map((each) => each.predicted_duration)).toEqual(
      [
        [1, 265],
        [0, 7],
        [0, 7],
        [0, 7],
        [7, 0],
        [7, 0],
        [7, 0],
        [0, 265],
      ].map(([pu = 0, to = 0]) => pairSlot(pu, to)),
    );
  });

  test("uses the pair's typical distance where none, or an invalid one, is given", async () => {
    const typical = Math.fround(pairSlot(3, 4) / 10_000);
    const distances = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, 2.5, 0, -1];
    const found = await score(
      theDistance,
      distances.map((distance) => [3, 4, distance]),
    );
    expect(found.map((each) => each.predicted_duration)).toEqual([typical, typical, typical, typical, 2.5, 0, -1]);
  });

  test('takes the interval from the calibration that fits the distance', async () => {
    const [given, typical] = await score(
      (g, ride) => g.node('Add', [g.node('Mul', [ride.distance, g.float(0)]), g.float(20)]),
      [
        [3, 4, 2.5],
        [3, 4, Number.NaN],
      ],
    );
    expect(given).toMatchObject({ interval_low: 18, interval80_low: 19, interval80_high: 21, interval_high: 23 });
    expect(typical).toMatchObject({ interval_low: 16, interval80_low: 18, interval80_high: 22, interval_high: 26 });
  });

  test('with a spread, takes the quantiles as multiples of it', async () => {
    // One tree that asks whether the distance is given, that is, not below all distances: 1.5 minutes, or 1.5 + 2.5.
    const given = MAP_FEATURES.indexOf('trip_distance');
    const tree = {
      left: [1, -1, -1],
      right: [2, -1, -1],
      feature: [given, 0, 0],
      value: [-1_000_000, 2.5, 0],
      missingLeft: [0, 0, 0],
    };
    const spread = {
      encoder: { map: drawMap([]), usualTime: 0, holidays: new Set<number>() },
      trees: { base: 1.5, trees: [tree] },
    };
    const scorer = await loadScorer(
      rideGraph({
        typical: new Float64Array(PAIR_SLOTS).fill(20),
        addPrediction: theDistance,
        calibrations: { ...evenCalibrations(), spread },
        metadata: {},
      }),
    );
    onTestFinished(() => scorer.close());
    const batch = new RideBatch(2);
    batch.push(3, 4, 20, TIME);
    batch.push(3, 4, Number.NaN, TIME);
    const scores = await scorer.score(batch);
    const bounds = (i: number) => OUTPUTS.map((name) => scores[name][i]);
    expect(bounds(0)).toEqual([20, 20 - 2 * 1.5, 20 + 3 * 1.5, 20 - 1.5, 20 + 1.5]);
    expect(bounds(1)).toEqual([20, 20 - 4 * 4, 20 + 6 * 4, 20 - 2 * 4, 20 + 2 * 4]);
  });

  test('leaves the prediction as it is, and clips the interval to 1..60', async () => {
    const found = await score(
      theDistance,
      [-50, 1.5, 59, 1000].map((minutes) => [3, 4, minutes]),
    );
    expect(found.map((each) => each.predicted_duration)).toEqual([-50, 1.5, 59, 1000]);
    expect(found.map((each) => [each.interval_low, each.interval_high])).toEqual([
      [1, 1],
      [1, 4.5],
      [57, 60],
      [60, 60],
    ]);
  });

  test('one ride with a prediction beyond all bounds spoils no other', async () => {
    const overflowing: AddPrediction = (g, ride) => g.node('Mul', [ride.distance, g.float(3e38)]);
    const found = await score(overflowing, [
      [3, 4, 1000],
      [3, 4, -1000],
      [3, 4, 0],
    ]);
    expect(found.map((each) => each.interval_high)).toEqual([60, 1, 3]);
  });

  test('each minute of each stratum finds its own cell', async () => {
    const calibrations = evenCalibrations();
    const given = {
      ...calibrations.given,
      interval_high: Float64Array.from({ length: CELLS }, (_, cell) => cell / 1000),
    };
    const typical = new Float64Array(PAIR_SLOTS);
    const scorer = await loadScorer(
      rideGraph({ typical, addPrediction: theDistance, calibrations: { ...calibrations, given }, metadata: {} }),
    );
    onTestFinished(() => scorer.close());
    const ride = { PULocationID: 74, DOLocationID: 74, trip_distance: 12.99, pickup_time: TIME };
    const rides = ridesOf([ride, { ...ride, trip_distance: 13 }, { ...ride, DOLocationID: 75 }]);
    const { interval_high } = await scorer.score(batchOf(rides));
    const [here = 0, , elsewhere = 0] = strataOf(rides);
    expect(here).not.toBe(elsewhere);
    expect([...interval_high]).toEqual([
      expect.closeTo(12.99 + (here * BANDS + 12) / 1000, 5),
      expect.closeTo(13 + (here * BANDS + 13) / 1000, 5),
      expect.closeTo(12.99 + (elsewhere * BANDS + 12) / 1000, 5),
    ]);
  });

  test('answers every boundary ride with ordered, finite numbers', async () => {
    const rides = ridesOf(BOUNDARY_RIDES);
    const typical = new Float64Array(PAIR_SLOTS).fill(2);
    const scorer = await loadScorer(
      rideGraph({ typical, addPrediction: theDistance, calibrations: evenCalibrations(), metadata: {} }),
    );
    onTestFinished(() => scorer.close());
    const scores = await scorer.score(batchOf(rides));
    for (let i = 0; i < rides.size; i += 1) {
      const bounds = ['interval_low', 'interval80_low', 'interval80_high', 'interval_high'] as const;
      const ordered = bounds.map((name) => scores[name][i] ?? Number.NaN);
      expect(ordered.every((minutes) => minutes >= 1 && minutes <= 60)).toBe(true);
      expect(ordered).toEqual(ordered.toSorted((a, b) => a - b));
    }
  });
});

describe('a graph', () => {
  test('has the same table once, and refuses another one of its name', () => {
    const g = new GraphBuilder();
    expect(g.table('minutes', [1, 2])).toBe(g.table('minutes', [1, 2]));
    expect(() => g.table('minutes', [1, 3])).toThrow('already has another table minutes');
  });

  test('has the same node once', () => {
    const g = new GraphBuilder();
    const zone = g.input('PULocationID', 'int64');
    const sum = () => g.node('Add', [zone, g.int64(1)]);
    expect(sum()).toBe(sum());
    expect(sum()).not.toBe(g.node('Add', [zone, g.int64(2)]));
    expect(g.cast(zone, 'float')).not.toBe(g.cast(zone, 'int64'));
  });
});
