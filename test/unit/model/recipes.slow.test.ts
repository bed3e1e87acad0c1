import { describe, expect, onTestFinished, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { BOUNDARY_RIDES, ridesOf } from '#model/golden/golden.ts';
import { RECIPE_NAMES } from '#model/recipes/recipe.ts';
import { batchOf } from '#model/rides/rides.ts';
import { OUTPUTS } from '#model/scorer.ts';
import { aSource, aThinnedMonth, train } from '../../support/training.ts';

describe.for(RECIPE_NAMES)('%s', (recipe) => {
  test('trained again gives the same bytes, whatever the number of threads', async () => {
    const months = [
      await aThinnedMonth('2023-02', 120),
      await aThinnedMonth('2023-03', 120, { trip_distance: SOME_LACKING }),
    ];
    const validation = { kind: 'month', source: await aThinnedMonth('2023-04', 120) } as const;
    const one = await train({ train: months, validation }, { recipe, threads: 1 });
    const two = await train({ train: months, validation }, { recipe, threads: 2 });
    expect(Buffer.compare(one.model, two.model)).toBe(0);
    expect(one.files).toEqual(two.files);
    expect(one.golden).toEqual(two.golden);
  });

  test('learns the rides of a single zone, and answers whatever is asked', async () => {
    const days = Array.from({ length: 28 }, (_, i) => String(i + 1).padStart(2, '0'));
    const rides = days.flatMap((day) =>
      [8, 12].map((minutes) => ({ pu: 74, do: 74, distance: 1, minutes, pickup: `2023-03-${day} 08:00:00` })),
    );
    const source = await aSource('2023-04', [{ pu: 74, do: 74, distance: 1, minutes: 10 }]);
    const { model, card } = await train(
      { train: [await aSource('2023-03', rides)], validation: { kind: 'month', source } },
      { recipe },
    );
    expect(card.validation.rmse).toBeLessThan(0.1); // the mean is 10; zone-map draws some of the rides at random
    const scorer = await loadScorer(model);
    onTestFinished(() => scorer.close());
    const scores = await scorer.score(batchOf(ridesOf(BOUNDARY_RIDES)));
    for (const name of OUTPUTS) expect(scores[name].every(Number.isFinite)).toBe(true);
  });

  test('does not learn from rides that all went 0 miles', async () => {
    const source = await aSource('2023-03', [{ distance: 0 }, { distance: 0, pickup: '2023-03-02 08:00:00' }]);
    const validation = { kind: 'month', source: await aSource('2023-04', [{}]) } as const;
    const training = train({ train: [source], validation }, { recipe });
    await expect(training).rejects.toThrow('No ride has a trip_distance between 0 and 100 miles');
  });
});

const SOME_LACKING = 'CASE WHEN PULocationID % 9 = 0 THEN NULL ELSE trip_distance END';

/** Gives each ride the duration of another. */
const SHUFFLED = `lpep_pickup_datetime + first_value(lpep_dropoff_datetime - lpep_pickup_datetime)
  OVER (ORDER BY md5(concat(lpep_pickup_datetime, PULocationID, trip_distance)) ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING)`;

test.for(['linear-zones', 'zone-map-fast'] as const)(
  'trained on shuffled durations, %s is no better than the mean: nothing leaks',
  async (recipe) => {
    const shuffled = await aThinnedMonth('2023-03', 6, { lpep_dropoff_datetime: SHUFFLED });
    const validation = { kind: 'month', source: await aThinnedMonth('2023-04', 6) } as const;
    const { card } = await train({ train: [shuffled], validation }, { recipe });
    const { rmse, r2, breakdown } = card.validation;
    expect(card.train.rows).toBeGreaterThan(11_000);
    expect(rmse / (breakdown?.baselines.mean.rmse ?? 0)).toBeGreaterThan(0.99);
    expect(rmse / (breakdown?.baselines.mean.rmse ?? 0)).toBeLessThan(1.1);
    expect(r2).toBeLessThan(0.02);
  },
);
