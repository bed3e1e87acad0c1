import { expect, test } from 'vitest';
import { recipeNamed } from '#model/recipes/index.ts';

test('a recipe that there is not is refused with those that there are', () => {
  expect(() => recipeNamed('zone-mop')).toThrow(
    'There is no recipe "zone-mop". Give one of: linear-pair, linear-zones, xgboost-pair, zone-map, zone-map-fast.',
  );
});
