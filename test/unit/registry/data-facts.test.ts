import { expect, test } from 'vitest';
import { dataFacts } from '#training/data-facts.ts';
import { aDatabase, aRealSource, aSource } from '../../support/training.ts';

test('the facts of a month are counted before and after cleaning', async () => {
  const rides = [
    { pu: 1, do: 2 },
    { pu: 1, do: 3 },
    { pu: null, do: 3 },
    { pu: 4, do: 4, minutes: 0.5 },
    { pu: 5, do: 5, minutes: null },
    { pu: 6, do: 6, minutes: 61, distance: null },
    { pu: 7, do: 7 },
  ];
  const source = await aSource('2023-03', rides, { trip_distance: "CASE pu WHEN 7 THEN 'NaN' ELSE distance END" });
  expect(await dataFacts(await aDatabase(), 'green', [source], [])).toEqual({
    rows_read: 7,
    rows: 4,
    out_of_range: 3,
    nulls: { PULocationID: 1, DOLocationID: 0, trip_distance: 2, pickup_time: 0 },
    zones: { pickup: 3, dropoff: 3 }, // 1, 7 and the missing one; 2, 3 and 7
    repeated: [],
    validated_on_training: null,
  });
});

test('files of different months are added up, whatever type their columns have', async () => {
  const one = await aSource('2023-02', [{ pu: 1 }], { PULocationID: 'pu::INTEGER' });
  const other = await aSource('2023-03', [{ pu: 2 }, { pu: 3 }], { PULocationID: 'pu::DOUBLE' });
  expect(await dataFacts(await aDatabase(), 'green', [one, other], [])).toMatchObject({
    rows_read: 3,
    zones: { pickup: 3, dropoff: 1 },
  });
});

test('of the real 2023-03 they are those of the reference', async () => {
  const facts = await dataFacts(await aDatabase(), 'green', [await aRealSource('2023-03')], []);
  expect(facts).toMatchObject({ rows_read: 72_044, rows: 69_392 });
});

test('a file that goes by the name of two months is found, the validation month among them', async () => {
  const march = await aSource('2023-03', [{}]);
  const disguised = { ...march, month: (await aSource('2023-04', [{ pu: 5 }])).month };
  const facts = await dataFacts(await aDatabase(), 'green', [march], [disguised]);
  expect(facts.repeated).toEqual([['2023-03', '2023-04']]);
});

test('a validation month that was trained on is named, and is no file used twice', async () => {
  const [march, april] = [await aSource('2023-03', [{}]), await aSource('2023-04', [{ pu: 5 }])];
  const facts = await dataFacts(await aDatabase(), 'green', [march, april], [april]);
  expect(facts).toMatchObject({ repeated: [], validated_on_training: '2023-04' });
});
