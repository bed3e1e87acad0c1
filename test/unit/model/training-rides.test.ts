import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { TripcastError } from '#errors.ts';
import { unseen, validatedOn } from '#model/card/card.ts';
import { linearPair } from '#model/recipes/linear-pair.ts';
import { loadRides, readRides } from '#model/rides/training-rides.ts';
import { completeDistances, refuseNoDistances, typicalDistances } from '#model/rides/typical-distance.ts';
import { pairSlot } from '#model/rides/zone-pair.ts';
import { trainModel } from '#model/train.ts';
import { parseMonth } from '#trips/month.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TestRide } from '../../support/tlc-files.ts';
import { aDatabase, aRealSource, aSource, aThinnedMonth, theEngines, train } from '../../support/training.ts';

async function load(rides: readonly TestRide[], columns?: Record<string, string | null>) {
  const database = await aDatabase();
  const months = await loadRides(database, 'rides', 'green', [await aSource('2023-03', rides, columns)]);
  return { database, months };
}

describe('the rides of a training', () => {
  test('are those of 1..60 minutes, both ends included, in order', async () => {
    const minutes = [0.99, 1, 30, 60, 60.01, null];
    const { database, months } = await load(minutes.map((each) => ({ minutes: each })));
    expect(months).toMatchObject([{ month: '2023-03', rowsRead: 6, rows: 3 }]);
    expect(await database.rows('SELECT minutes FROM rides')).toEqual([
      { minutes: 1 },
      { minutes: 30 },
      { minutes: 60 },
    ]);
  });

  test('have zone -1 where the file has none, and slot 0 for whatever is no zone', async () => {
    const { database } = await load([
      { pu: null, do: 5 },
      { pu: 266, do: 5 },
      { pu: 265, do: 5 },
    ]);
    expect(await database.rows('SELECT pickup_zone, pair FROM rides')).toEqual([
      { pickup_zone: -1, pair: 5 },
      { pickup_zone: 266, pair: 5 },
      { pickup_zone: 265, pair: pairSlot(265, 5) },
    ]);
  });

  test('have no distance where the file has none, or one that cannot be', async () => {
    const { database } = await load([{ distance: null }, { distance: 1e7 }, { distance: 0 }, { distance: 260_000 }]);
    for await (const { distance } of readRides(database, 'rides', 100)) {
      expect([...distance]).toEqual([Number.NaN, Number.NaN, 0, 260_000]);
    }
  });

  test('of the last days are held out by the day in New York, and so is whatever a file has after them', async () => {
    const database = await aDatabase();
    const pickups = ['2008-12-31 23:59:59', '2023-03-24 23:59:59', '2023-03-25 00:00:00', '2023-03-31 23:59:59'];
    const rides = [...pickups, '2023-04-01 00:10:00', null].map((pickup, i) => ({ pickup, pu: i + 1 }));
    const holdOut = { kind: 'last', month: parseMonth('2023-03'), days: 7 } as const;
    const months = await loadRides(database, 'rides', 'green', [await aSource('2023-03', rides)], holdOut);
    const held = await database.rows('SELECT pickup_zone AS pu FROM rides WHERE held_out');
    expect(held.map(({ pu }) => pu)).toEqual([3, 4, 5]);
    expect(months).toMatchObject([{ rows: 2 }]);
  });

  test('do not include one with a time that is thousands of years off', async () => {
    const pickup = "CASE pu WHEN 2 THEN TIMESTAMP '290308-01-01 (BC)' ELSE pickup END";
    const { database, months } = await load([{ pu: 1 }, { pu: 2 }], { lpep_pickup_datetime: pickup });
    expect(months).toMatchObject([{ rowsRead: 2, rows: 1 }]);
    expect(await database.rows('SELECT pickup_zone FROM rides')).toEqual([{ pickup_zone: 1 }]);
  });

  test('are of the fold of their day, new after midnight', async () => {
    const pickups = ['2023-03-01 23:59:59', '2023-03-02 00:00:00', '2023-03-04 12:00:00'];
    const { database } = await load(pickups.map((pickup) => ({ pickup })));
    const [first, second, later] = (await database.rows('SELECT fold FROM rides')).map(({ fold }) => Number(fold));
    expect(first).toBe((Date.UTC(2023, 2, 1) / 86_400_000) % 3);
    expect(second).toBe(((first ?? 0) + 1) % 3);
    expect(later).toBe(first);
  });

  test('are refused without a needed column, naming file and column', async () => {
    const database = await aDatabase();
    const source = await aSource('2023-03', [{}], { trip_distance: null });
    const loading = loadRides(database, 'rides', 'green', [source]);
    await expect(loading).rejects.toThrow(TripcastError);
    await expect(loading).rejects.toThrow(/2023-03\.parquet.*trip_distance/);
  });

  test('are refused from a file that is not Parquet', async () => {
    const path = join(temporaryFolder(), 'words.parquet');
    await writeFile(path, 'no Parquet at all, but long enough to look into');
    const loading = loadRides(await aDatabase(), 'rides', 'green', [
      { month: parseMonth('2023-03'), path, sha256: '' },
    ]);
    await expect(loading).rejects.toThrow(TripcastError);
    await expect(loading).rejects.toThrow(/words\.parquet.*Parquet/);
  });

  test('are refused when cleaning leaves none', async () => {
    await expect(load([{ minutes: 0.5 }, { minutes: 90 }])).rejects.toThrow(
      /no ride of .*2023-03\.parquet lasted 1\.\.60 minutes/,
    );
  });
});

describe('the typical distance', () => {
  const RIDES: readonly TestRide[] = [
    ...[1, 2, 4, 0, 5000].map((distance) => ({ pu: 1, do: 2, distance })),
    { pu: 3, do: 4, distance: 10 },
    { pu: 5, do: 6, distance: null },
  ];

  test("is the median of the pair's rides between 0 and 100 miles, else that of all such rides", async () => {
    const { database } = await load(RIDES);
    const typical = await typicalDistances(database, 'rides');
    expect(typical[pairSlot(1, 2)]).toBe(2);
    expect(typical[pairSlot(3, 4)]).toBe(10);
    expect(typical[pairSlot(5, 6)]).toBe(3); // the median of 1, 2, 4 and 10
    expect(typical).toHaveLength(266 * 266);
  });

  test('stands in for a missing one when fitting', async () => {
    const { database } = await load(RIDES);
    const complete = await completeDistances(database, 'rides', await typicalDistances(database, 'rides'));
    expect(await database.rows(`SELECT distance FROM ${complete} WHERE pickup_zone = 5`)).toEqual([{ distance: 3 }]);
    expect(await database.rows(`SELECT count(*)::INT AS n FROM ${complete}`)).toEqual([{ n: 7 }]);
  });

  test('cannot be learned from rides without distances', async () => {
    const { database } = await load([{ distance: 0 }, { distance: null }]);
    await expect(refuseNoDistances(database, 'rides')).rejects.toThrow('between 0 and 100 miles');
  });
});

describe('training', () => {
  test('on rides of a single day is refused: nothing could calibrate the intervals', async () => {
    const validation = { kind: 'month', source: await aSource('2023-04', [{}]) } as const;
    const training = train({ train: [await aSource('2023-03', [{}, {}])], validation });
    await expect(training).rejects.toThrow('in one fold');
  });

  test('on a month twice is refused', async () => {
    const [source, other] = [await aRealSource('2023-03'), await aRealSource('2023-04')];
    const validation = { kind: 'month', source: other } as const;
    await expect(train({ train: [source, source], validation })).rejects.toThrow('2023-03 is listed twice');
  });

  test('and validating on one month works, and the card warns that its figures are optimistic', async () => {
    const source = await aThinnedMonth('2023-03', 10);
    const { card } = await train({ train: [source], validation: { kind: 'month', source } });
    expect(unseen(card)).toBe('trained-on');
    expect(validatedOn(card)).toBe('2023-03 (optimistic: it was trained on it)');
    const other = await aThinnedMonth('2023-04', 10);
    const { card: honest } = await train({ train: [source], validation: { kind: 'month', source: other } });
    expect(validatedOn(honest)).toBe('2023-04');
    expect(card.validation.rmse).toBeLessThan(honest.validation.rmse);
  });

  test('and validating on its last days works, and the card says which days they are', async () => {
    const source = await aThinnedMonth('2023-03', 10);
    const last = { kind: 'last', month: source.month, days: 7 } as const;
    const { card } = await train({ train: [await aThinnedMonth('2023-02', 10), source], validation: last });
    expect(card.validation).toMatchObject({ kind: 'last', month: null, held_out: { month: '2023-03', days: 7 } });
    expect([unseen(card), validatedOn(card)]).toEqual(['unseen-days', 'the last 7 days of 2023-03']);
    const before = await train({ train: [source], validation: { ...last, days: 27 } });
    expect(before.card.validation.rows).toBeGreaterThan(card.validation.rows);
  });

  test('on a month of which nothing is left says so', async () => {
    const rides = [{ pickup: '2023-03-30 08:00:00', minutes: 10 }];
    const validation = { kind: 'last', month: parseMonth('2023-03'), days: 7 } as const;
    await expect(train({ train: [await aSource('2023-03', rides)], validation })).rejects.toThrow(
      'Holding out the last 7 days of 2023-03 leaves 0 rides to fit and 1 to validate',
    );
  });

  test('works on rides without distances, and on few days', async () => {
    const days = ['01', '02', '03'].flatMap((day) =>
      [2, null].map((distance) => ({ pickup: `2023-03-${day} 08:00:00`, distance, minutes: 10 + Number(day) })),
    );
    const source = await aSource('2023-04', [{ minutes: 12, distance: null }]);
    const { card } = await train({ train: [await aSource('2023-03', days)], validation: { kind: 'month', source } });
    expect(card.train).toMatchObject({ rows: 6, features: 2, stored: 12 });
    expect(card.validation.rmse).toBeCloseTo(0, 5); // the pair's mean is 12
  });

  test('leaves no table behind', async () => {
    const engines = await theEngines();
    await trainModel({
      ...engines,
      recipe: linearPair,
      taxiType: 'green',
      train: [await aRealSource('2023-03')],
      validation: { kind: 'month', source: await aRealSource('2023-04') },
      codeVersion: 'test',
      loadScorer,
    });
    expect(await engines.database.rows('SHOW ALL TABLES')).toEqual([]);
  });
});
