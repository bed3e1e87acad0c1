import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { explainRide, partsOfFeature, RIDE_PARTS } from '#model/explain/explain.ts';
import { EXACT_TOLERANCE_MINUTES, ridesOf } from '#model/golden/golden.ts';
import { MAP_FEATURES } from '#model/recipes/map-features.ts';
import { RECIPE_NAMES } from '#model/recipes/recipe.ts';
import type { TrainedModel } from '#model/train.ts';
import { UNKNOWN_TIME } from '#trips/new-york-time.ts';
import { KEPT_MINUTES } from '#trips/tlc-file.ts';
import { aThinnedMonth, boosting, train } from '../../support/training.ts';

const MORNING = 1_680_510_600; // 2023-04-03T08:30, New York

const NEAR = { PULocationID: 74, DOLocationID: 75, trip_distance: 1.5, pickup_time: MORNING };

const RIDES = [
  NEAR,
  { PULocationID: 74, DOLocationID: 75, trip_distance: 15, pickup_time: MORNING },
  { PULocationID: 74, DOLocationID: 75, trip_distance: null, pickup_time: UNKNOWN_TIME },
  { PULocationID: 75, DOLocationID: 74, trip_distance: 0, pickup_time: MORNING + 12 * 3600 },
  { PULocationID: -1, DOLocationID: 999, trip_distance: 4, pickup_time: MORNING },
];

const explain = ({ card, model, files }: TrainedModel, ride: (typeof RIDES)[number]) =>
  explainRide(ridesOf([ride]), {
    recipe: card.recipe,
    model,
    boosting,
    read: async (file) => Buffer.from(files[file] ?? `no ${file}`),
  });

const clip = (minutes: number) => Math.min(KEPT_MINUTES.most, Math.max(KEPT_MINUTES.least, minutes));

describe.for(RECIPE_NAMES)('%s', (recipe) => {
  test('adds up, part by part, to what its graph says', async () => {
    const source = await aThinnedMonth('2023-04', 120);
    const trained = await train(
      { train: [await aThinnedMonth('2023-03', 120)], validation: { kind: 'month', source } },
      { recipe },
    );
    const { rides, predictions } = trained.golden;
    const some = rides.map((ride, i) => ({ ride, graph: predictions.predicted_duration[i] ?? Number.NaN })).slice(-8);
    for (const { ride, graph } of some) {
      const { baseline, added, unclipped } = await explain(trained, ride);
      const sum = RIDE_PARTS.reduce((total, part) => total + added[part], baseline);
      expect(Math.abs(sum - unclipped)).toBeLessThanOrEqual(EXACT_TOLERANCE_MINUTES);
      const said = recipe.startsWith('zone-map') ? clip(unclipped) : unclipped;
      expect(Math.abs(said - graph)).toBeLessThanOrEqual(EXACT_TOLERANCE_MINUTES);
    }
    for (const ride of RIDES) expect(Number.isFinite((await explain(trained, ride)).unclipped)).toBe(true);
    const absent = await explain(trained, { ...NEAR, trip_distance: null });
    const index = rides.findIndex((ride) => isDeepStrictEqual(ride, { ...NEAR, trip_distance: null }));
    const graph = predictions.predicted_duration[index] ?? Number.NaN;
    expect(Math.abs(clip(absent.unclipped) - graph)).toBeLessThanOrEqual(EXACT_TOLERANCE_MINUTES);
    if (recipe.startsWith('zone-map')) expect(absent.distance).toBeNull();
    else expect(absent.distance).toBeGreaterThan(0);
  });
});

test('of two rides that differ in distance alone, linear-pair’s differ in what the distance added alone', async () => {
  const source = await aThinnedMonth('2023-04', 120);
  const trained = await train({ train: [await aThinnedMonth('2023-03', 120)], validation: { kind: 'month', source } });
  const [near, far] = await Promise.all(RIDES.slice(0, 2).map((ride) => explain(trained, ride)));
  const { trip_distance: slope } = JSON.parse(String(trained.files['coefficients.json']));
  expect((far?.added.distance ?? 0) - (near?.added.distance ?? 0)).toBeCloseTo(13.5 * slope, 9);
  expect(far?.added).toMatchObject({ time: 0, pickup: near?.added.pickup, dropoff: near?.added.dropoff });
  expect(near?.added.pickup).toBe(near?.added.dropoff); // a pair belongs to both alike
});

test('each feature of each recipe belongs to some part of the ride', () => {
  const oneHot = ['PU_DO=74_75', 'PULocationID=74', 'DOLocationID=75'];
  for (const feature of [...MAP_FEATURES, ...oneHot]) expect(partsOfFeature(feature).length).toBeGreaterThan(0);
  expect(partsOfFeature('way_2')).toEqual(['pickup', 'dropoff']);
  expect(() => partsOfFeature('passenger_count')).toThrow(
    'does not say which parts of a ride passenger_count describes',
  );
});
