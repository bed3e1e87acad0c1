import { expect, test } from 'vitest';
import { fitRecipe } from '#model/recipes/fit.ts';
import type { BoostingOptions, FeatureMatrix } from '#model/recipes/gradient-boosting.ts';
import { recipeNamed } from '#model/recipes/index.ts';
import { MAP_FEATURES } from '#model/recipes/map-features.ts';
import { loadRides } from '#model/rides/training-rides.ts';
import { aDatabase, aSource } from '../../support/training.ts';

/** What a recipe gives the boosting library, which refuses to go on. */
async function givenToBoosting(recipe: string): Promise<BoostingOptions> {
  const database = await aDatabase();
  const trained = [
    { pu: 74, do: 75, distance: 3, minutes: 10 },
    { pu: 74, do: 75, distance: null, minutes: 20 },
  ];
  await loadRides(database, 'trained', 'green', [await aSource('2023-03', trained)]);
  await loadRides(database, 'watched', 'green', [await aSource('2023-04', [{ distance: 4, minutes: 30 }])]);
  const given: BoostingOptions[] = [];
  const library = {
    version: 'none',
    train: (options: BoostingOptions) => {
      given.push(options);
      return Promise.reject(new Error('seen enough'));
    },
    load: () => {
      throw new Error('There is nothing to load.');
    },
  };
  const engines = { database, boosting: async () => library };
  const fit = fitRecipe(recipeNamed(recipe), engines, 'trained', { watched: 'watched' });
  await expect(fit).rejects.toThrow('seen enough');
  const [options] = given;
  if (options === undefined) throw new Error('Nothing was boosted.');
  return options;
}

const ABSENT = -1_073_741_824;

test.for(['zone-map', 'zone-map-fast'])(
  '%s learns a ride as metered, twice as much, and with its distance absent; one without a distance as that alone',
  async (recipe) => {
    const { matrix, labels, weights, validation } = await givenToBoosting(recipe);
    expect(columnOf(matrix, MAP_FEATURES.indexOf('trip_distance'))).toEqual([3, ABSENT, ABSENT]);
    expect(columnOf(matrix, MAP_FEATURES.indexOf('detour'))).toEqual([0, ABSENT, ABSENT]);
    expect([[...labels], [...(weights ?? [])]]).toEqual([
      [10, 10, 20],
      [2, 1, 1],
    ]);
    // Rounds are watched on rides as they are.
    expect(validation).toMatchObject({ matrix: { rows: 1 }, labels: Float32Array.of(30), weights: undefined });
  },
);

const columnOf = ({ rows, columns, values }: FeatureMatrix, column: number) =>
  Array.from({ length: rows }, (_, i) => values[i * columns + column]);

test('xgboost-pair learns each ride once, with the typical distance for one that has none', async () => {
  const { matrix, labels, weights } = await givenToBoosting('xgboost-pair');
  // The pair's column and the distance, row by row.
  expect([[...matrix.values], [...labels], weights]).toEqual([[1, 3, 1, 3], [10, 20], undefined]);
});
