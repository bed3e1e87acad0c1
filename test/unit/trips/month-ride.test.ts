import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { recordedRides } from '#streaming/recorded-rides.ts';
import { parseMonth } from '#trips/month.ts';
import { formatMonthRide, parseMonthRide } from '#trips/month-ride.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeMonth } from '../../support/tlc-files.ts';

describe('the id of a ride in a month file', () => {
  test('has one form: what is read is what is written', () => {
    for (const text of ['2023/04_0', '2023/04_123', '2009/12_9007199254740991']) {
      expect(formatMonthRide(parseMonthRide(text))).toBe(text);
    }
  });

  test('is the one that a replay sends', async () => {
    const path = join(temporaryFolder(), 'green_tripdata_2023-04.parquet');
    await writeMonth(path, [{}, {}]);
    await using database = await DuckDB.open({ tempDirectory: temporaryFolder() });
    const month = parseMonth('2023-04');
    const rides = await Array.fromAsync(recordedRides(database, path, { taxiType: 'green', month, limit: undefined }));
    expect(rides.map(({ rideId }) => parseMonthRide(rideId))).toEqual([
      { month, row: 0 },
      { month, row: 1 },
    ]);
  });

  test.each([
    ['2023/04_01', /"2023\/04_01" is not the id of a ride.*Write 2023\/04_1/],
    ['2023/04_000', /Write 2023\/04_0\b/],
    ['2023-04_1', /"2023-04_1" is not the id of a ride.*YYYY\/MM_ROW/],
    ['2023-04-123', /YYYY\/MM_ROW/],
    ['2023/04_', /YYYY\/MM_ROW/],
    ['2023/04_-1', /YYYY\/MM_ROW/],
    [' 2023/04_1', /YYYY\/MM_ROW/],
    ['2023/04_1\n', /YYYY\/MM_ROW/],
    ['2023/4_1', /YYYY\/MM_ROW/],
    ['2023/13_1', /"2023-13" is not a month/],
    ['2023/04_9007199254740993', /"2023\/04_9007199254740993" is not the id of a ride/],
  ])('%j is refused', (text, message) => {
    expect(() => parseMonthRide(text)).toThrow(message);
  });
});
