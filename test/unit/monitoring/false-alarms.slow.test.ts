import { beforeAll, describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { fileTable, TablePair } from '#monitoring/table-pair.ts';
import { driftRates, harmRates, monthlyLook, quietQuarter } from '../../bench/monitoring/alarms.ts';
import { type DayBlocks, readDayBlocks } from '../../bench/monitoring/day-blocks.ts';
import { realMonth } from '../../support/tlc-files.ts';

// The false-alarm ledger of docs/monitoring.md with fewer repetitions, on TLC's own columns and one ride in fifteen: with
// 148 rides a day, the plain distance between two samples of 260 zones often exceeds the limit by chance alone.

let blocks: readonly DayBlocks[];
beforeAll(async () => {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const file = fileTable(realMonth('2023-03'));
  const month = { ...file, sql: `(FROM ${file.sql} WHERE hash(lpep_pickup_datetime, total_amount) % 15 = 0)` };
  const pair = await TablePair.open(database, { reference: month, current: month });
  blocks = await readDayBlocks(pair, 'lpep_pickup_datetime', []);
}, 60_000);

describe('nothing has changed', () => {
  test('two draws of the same days: preset tripcast alarms in at most 5 of 100', () => {
    const { presets } = driftRates(blocks, { repetitions: 20, seed: 3 });
    // With a rate of 5%, more than 4 of 20 would be seen once in 390 times.
    expect(presets.tripcast.anyColumn).toBeLessThanOrEqual(4 / 20);
    expect(presets.tripcast.dataset).toBe(presets.tripcast.anyColumn);
    expect(presets.evidently.anyColumn).toBeGreaterThan(0.05); // what preset tripcast is for
    expect(presets.classic.dataset).toBe(1); // ehail_fee is empty, which is 5% of the values
  });

  test('a quiet month of daily looks over the trailing week: at most one alarm, over all columns together', () => {
    const { looks, alarms } = quietQuarter(blocks, monthlyLook, { seed: 5, days: 37 });
    expect(looks).toBe(31);
    expect(alarms).toBeLessThanOrEqual(1);
  });
});

describe('the harm test', () => {
  const days = Array.from({ length: 30 }, (_, i) => ({
    rides: 2000,
    meanAbsoluteError: 4 + 0.4 * Math.sin(i * i),
    width: 16,
  }));

  test('alarms in at most 5 of 100 months in which nothing has changed', () => {
    const { harm, estimate } = harmRates(days, days, { repetitions: 400, seed: 7 });
    expect(harm).toBeLessThanOrEqual(0.05);
    expect(estimate).toBe(0); // all widths are equal
  });

  test('alarms on errors 1.5 times as large, within a month', () => {
    const worse = days.map((day) => ({ ...day, meanAbsoluteError: 1.5 * day.meanAbsoluteError }));
    const { harm, estimate, harmDay } = harmRates(days, worse, { repetitions: 100, seed: 7 });
    expect(harm).toBe(1);
    expect(harmDay).toBeLessThanOrEqual(20);
    expect(estimate).toBe(0); // an estimate cannot see that the same ride takes longer
  });
});
