import { expect, test } from 'vitest';
import { calibrateOutOfFold } from '#model/intervals/calibrate.ts';
import type { FittedModel, Recipe } from '#model/recipes/recipe.ts';
import { loadRides } from '#model/rides/training-rides.ts';
import { aSource, theEngines } from '../../support/training.ts';

/** A recipe that learns nothing: a minute a mile. */
const aMinuteAMile: Recipe = {
  name: 'linear-pair',
  parameters: {},
  intervals: 'minutes',
  fit: async (): Promise<FittedModel> => ({
    features: 1,
    storedValues: (rides) => rides.size,
    predict: (rides) => rides.distance,
    addPrediction: (_, ride) => ride.distance,
    files: () => ({}),
    [Symbol.dispose]() {},
  }),
};

test('intervals are calibrated on the other days alone, with the metered distance and with the typical one', async () => {
  const engines = await theEngines();
  const source = await aSource('2023-03', [
    { pickup: '2023-03-01 08:00:00', distance: 2, minutes: 10 },
    { pickup: '2023-03-02 08:00:00', distance: 6, minutes: 20 },
  ]);
  await loadRides(engines.database, 'rides', 'green', [source]);
  const { given, typical } = await calibrateOutOfFold(aMinuteAMile, engines, 'rides');
  // Metered: 10 - 2 and 20 - 6. Typical: the first day knows only the second's 6 miles, and the other way round.
  expect([given.interval_low[4], given.interval_high[4]]).toEqual([8, 14]);
  expect([typical.interval_low[4], typical.interval_high[4]]).toEqual([4, 18]);
});
