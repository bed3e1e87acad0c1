import { expect, test } from 'vitest';
import { roundsFor } from '#model/recipes/zone-map.ts';

test('zone-map boosts 400 rounds on three months of green rides, 100 more for each doubling, and never fewer than 100', () => {
  expect([25_000, 50_000, 100_000, 200_000, 400_000, 800_000].map(roundsFor)).toEqual([100, 200, 300, 400, 500, 600]);
  expect([1, 12_345].map(roundsFor)).toEqual([100, 100]);
  // 2023-01..03 after cleaning, and about a year.
  expect([197_912, 760_000].map(roundsFor)).toEqual([398, 593]);
});
