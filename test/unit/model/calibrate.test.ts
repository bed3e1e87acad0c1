import { expect, test } from 'vitest';
import { calibrateOutOfFold } from '#model/intervals/calibrate.ts';
import type { FittedModel, Recipe } from '#model/recipes/recipe.ts';
import { isDistance } from '#model/rides/rides.ts';
import { loadRides } from '#model/rides/training-rides.ts';
import { aSource, theEngines } from '../../support/training.ts';

/** A recipe that learns nothing: a minute a mile, and 9 minutes without a distance unless it takes the typical one. */
const aMinuteAMile: Recipe = {
  name: 'linear-pair',
  parametersFor: () => ({}),
  intervals: 'minutes',
  unknownDistance: 'typical',
  fit: async (): Promise<FittedModel> => ({
    features: 1,
    storedValues: (rides) => rides.size,
    predict: (rides) => rides.distance.map((miles) => (isDistance(miles) ? miles : 9)),
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

test('for a recipe that knows absent distances, those residuals are of its own answers to them', async () => {
  const engines = await theEngines();
  const source = await aSource('2023-03', [
    { pickup: '2023-03-01 08:00:00', distance: 2, minutes: 10 },
    { pickup: '2023-03-02 08:00:00', distance: 6, minutes: 20 },
    { pickup: '2023-03-02 08:10:00', distance: null, minutes: 40 },
  ]);
  await loadRides(engines.database, 'rides', 'green', [source]);
  const recipe: Recipe = { ...aMinuteAMile, unknownDistance: 'absent' };
  const { given, typical } = await calibrateOutOfFold(recipe, engines, 'rides');
  // The ride whose file has no distance says nothing about rides that have one: 10 - 2 and 20 - 6 again.
  expect([given.interval_low[4], given.interval_high[4]]).toEqual([8, 14]);
  // Absent, all three: 10 - 9, 20 - 9 and 40 - 9.
  expect([typical.interval_low[9], typical.interval_high[9]]).toEqual([1, 31]);
});
