import { describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { openXGBoost } from '#adapters/xgboost.ts';
import { aucByDay } from '#monitoring/classifier/auc-by-day.ts';
import { type DriftExplanation, explainDrift } from '#monitoring/classifier/explain-drift.ts';
import { fileTable, type Table, TablePair } from '#monitoring/table-pair.ts';
import { xgboostLibrary } from '#packaging/natives.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth } from '../../support/tlc-files.ts';

const PICKUP = 'lpep_pickup_datetime';
const boosting = () => openXGBoost(xgboostLibrary());

/** What a query makes of a bundled month. */
const of = (select = '*', where = 'true'): Table => ({
  name: 'March',
  sql: `(SELECT ${select} FROM ${fileTable(realMonth('2023-03')).sql} WHERE ${where})`,
});

async function explained(reference: Table, current: Table): Promise<DriftExplanation> {
  await using database = await DuckDB.open({ tempDirectory: temporaryFolder() });
  const pair = await TablePair.open(database, { reference, current });
  return await explainDrift(pair, pair.schema.compared, PICKUP, boosting);
}

/** About half of the days, picked by chance. */
const half = (salt: number) => `(hash(${PICKUP}::DATE::VARCHAR || '/${salt}') % 2 = 0)`;
const HALF = half(1);

describe('the classifier that explains a drift', { timeout: 60_000 }, () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'cannot tell two halves of one month apart, each of days of its own (%i)',
    async (salt) => {
      const found = await explained(of('*', half(salt)), of('*', `NOT ${half(salt)}`));
      if (found.outcome !== 'explained') throw new Error('There are enough rides.');
      const [low, high] = found.interval;
      expect(low).toBeLessThanOrEqual(0.5);
      expect(high).toBeGreaterThanOrEqual(0.5);
      expect(high - low).toBeLessThan(0.12);
    },
  );

  test.each([
    ['trip_distance', '* REPLACE (trip_distance + 2 AS trip_distance)'],
    ['PULocationID', '* REPLACE (if(hash(total_amount, DOLocationID) % 4 = 0, 181, PULocationID) AS PULocationID)'],
    ['store_and_fwd_flag', "* REPLACE ('Z' AS store_and_fwd_flag)"],
    ['passenger_count', '* REPLACE (NULL::DOUBLE AS passenger_count)'],
  ])('names a shifted column first: %s', async (column, change) => {
    const found = await explained(of('*', HALF), of(change, `NOT ${HALF}`));
    if (found.outcome !== 'explained') throw new Error('There are enough rides.');
    expect(found.features[0]?.column).toBe(column);
    expect(found.interval[0]).toBeGreaterThan(0.5);
    expect(found.features.reduce((sum, { gain }) => sum + gain, 0)).toBeCloseTo(1, 9);
  });

  test('says the same of the same rows', async () => {
    const shifted = of('* REPLACE (trip_distance * 1.5 AS trip_distance)', `NOT ${HALF}`);
    expect(await explained(of('*', HALF), shifted)).toEqual(await explained(of('*', HALF), shifted));
  });

  test.each([
    ['an empty month', of('*', 'false')],
    ['one ride', of('* ', 'true LIMIT 1')],
    ['three days', of('*', `day(${PICKUP}) <= 3`)],
    ['no pickup time', of(`* REPLACE (NULL::TIMESTAMP AS ${PICKUP})`)],
  ])('has not enough data with %s', async (_, current) => {
    expect(await explained(of(), current)).toMatchObject({ outcome: 'not-enough-data' });
  });

  test('takes infinite, absurd and constant values, and columns without any', async () => {
    const odd = of(
      "* REPLACE ('inf'::DOUBLE AS tip_amount, 1e300 AS fare_amount, 7 AS VendorID, NULL::VARCHAR AS store_and_fwd_flag)",
    );
    const found = await explained(of(), odd);
    expect(found.outcome).toBe('explained');
    expect(JSON.stringify(found)).not.toContain('null'); // which is what JSON makes of NaN
  });
});

describe('the AUC', () => {
  const rows = (given: readonly (readonly [score: number, isCurrent: 0 | 1, day: number])[]) => ({
    score: Float32Array.from(given, ([score]) => score),
    isCurrent: Float64Array.from(given, ([, isCurrent]) => isCurrent),
    day: Float64Array.from(given, ([, , day]) => day),
  });

  test('by hand: of six pairs, four are won and one is a tie', () => {
    const scored = rows([
      [0.1, 0, 1],
      [0.4, 0, 1],
      [0.6, 0, 2],
      [0.4, 1, 3],
      [0.9, 1, 4],
    ]);
    // 0.4 beats 0.1, ties with 0.4, loses to 0.6; 0.9 beats all three
    expect(aucByDay([scored]).auc).toBeCloseTo(4.5 / 6, 12);
  });

  test('does not compare scores of different folds', () => {
    const low = rows([
      [0.1, 0, 1],
      [0.2, 1, 2],
    ]);
    const high = rows([
      [0.8, 0, 3],
      [0.9, 1, 4],
    ]);
    expect(aucByDay([low, high])).toEqual({ auc: 1, interval: [1, 1] });
  });

  test('has a wider interval when rides of a day are alike', () => {
    const made = (perDay: (day: number, i: number) => number) =>
      rows(
        Array.from({ length: 2000 }, (_, i) => {
          const day = Math.floor(i / 50);
          return [perDay(day, i), day % 2 === 0 ? 0 : 1, day] as const;
        }),
      );
    const width = ([low, high]: readonly [number, number]) => high - low;
    const noise = (i: number) => (Math.sin(i * 12.9898) * 43758.5453) % 1;
    const alike = aucByDay([made((day, i) => noise(day + 0.5) + 0.01 * noise(i))]);
    const independent = aucByDay([made((_, i) => noise(i))]);
    expect(width(alike.interval)).toBeGreaterThan(3 * width(independent.interval));
  });
});
