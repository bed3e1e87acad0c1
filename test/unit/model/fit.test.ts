import { expect, test } from 'vitest';
import { calibrateOutOfFold } from '../../../src/model/fit.ts';
import type { FittedModel, Recipe } from '../../../src/model/recipe.ts';
import { loadRides } from '../../../src/model/training-rides.ts';
import { aDatabase, aSource } from './training.ts';

/** A recipe that learns nothing: a minute a mile. */
const aMinuteAMile: Recipe = {
  name: 'linear-pair',
  fit: async (): Promise<FittedModel> => ({
    features: 1,
    coefficients: {},
    storedValues: (rides) => rides.size,
    predict: (rides) => rides.distance,
    addPrediction: (_, ride) => ride.distance,
  }),
};

test('intervals are calibrated on what the other days alone tell, with the metered distance and with the typical one', async () => {
  const database = await aDatabase();
  const source = await aSource('2023-03', [
    { pickup: '2023-03-01 08:00:00', distance: 2, minutes: 10 },
    { pickup: '2023-03-02 08:00:00', distance: 6, minutes: 20 },
  ]);
  await loadRides(database, 'rides', 'green', [source]);
  const { given, typical } = await calibrateOutOfFold(aMinuteAMile, database, 'rides', 1);
  // Metered: 10 - 2 and 20 - 6. Typical: the first day knows only the second's 6 miles, and the other way round.
  expect([given.interval_low[4], given.interval_high[4]]).toEqual([8, 14]);
  expect([typical.interval_low[4], typical.interval_high[4]]).toEqual([4, 18]);
});
