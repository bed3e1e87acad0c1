import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { type ScoreFileJob, scoreFile } from '#batch/score-file.ts';
import { TransientError } from '#errors.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { parseMonth } from '#trips/month.ts';
import { aRun } from '../../support/a-run.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { readRows, realMonth, type TestRide, writeMonth } from '../../support/tlc-files.ts';

const APRIL = parseMonth('2023-04');

async function score(input: string, options: Partial<ScoreFileJob> = {}, scorer = aScorer()) {
  const folder = temporaryFolder();
  const output = join(folder, 'output.parquet');
  await using database = await DuckDB.open({ tempDirectory: folder });
  const job = {
    input,
    output,
    workFolder: folder,
    taxiType: 'green',
    month: APRIL,
    all: false,
  } as const;
  const outcome = await scoreFile({ ...job, ...options }, { runId: aRun('a'), scorer }, database);
  return { outcome, output };
}

async function scoreRides(
  rides: readonly TestRide[],
  columns: Record<string, string | null> = {},
  options: Partial<ScoreFileJob> = {},
) {
  const input = join(temporaryFolder(), 'month.parquet');
  await writeMonth(input, rides, columns);
  return score(input, options);
}

describe('scoring a real month', () => {
  test('keeps what the published cleaning keeps, and accounts for every other row', async () => {
    const scorer = aScorer();
    const { outcome, output } = await score(realMonth('2023-04'), {}, scorer);
    // shared figures: 65,392 rows in the file, 62,979 of them of 1..60 minutes
    expect(outcome).toMatchObject({ outcome: 'scored', rowsIn: 65_392, rowsScored: 62_979 });
    if (outcome.outcome !== 'scored') return;
    const rejected = Object.values(outcome.rejected).reduce((sum, rows) => sum + rows, 0);
    expect(outcome.rowsScored + rejected).toBe(outcome.rowsIn);
    // pandas on the same file and the same formula; some recorded distances are absurd, and move the means alone
    expect(outcome.errors).toMatchObject({ rmse: expect.closeTo(670.8134, 3), mae: expect.closeTo(17.15426, 4) });
    expect(outcome.errorsOnAll).toEqual({
      rides: 65_392,
      median_absolute: 4.79,
      mae: expect.closeTo(21.12567, 4),
      outside_share: expect.closeTo(0.0369005, 7),
    });
    // every ride is asked about once, kept or not, at most a vector of the database's at a time
    expect(scorer.calls.reduce((sum, rides) => sum + rides, 0)).toBe(65_392);
    expect(Math.max(...scorer.calls)).toBeLessThanOrEqual(2048);

    const [summary] = await readRows(
      output,
      'count(*)::INT n, count(DISTINCT ride_id)::INT ids, max(abs(diff - (actual_duration - predicted_duration))) deviation',
    );
    expect(summary).toEqual({ n: 62_979, ids: 62_979, deviation: 0 });
  });

  test('writes the columns of the contract, in their types and order', async () => {
    const { output } = await score(realMonth('2023-04'));
    await using database = await DuckDB.open({ tempDirectory: temporaryFolder() });
    const columns = await database.rows(`DESCRIBE SELECT * FROM read_parquet('${output}')`);
    expect(columns.map(({ column_name, column_type }) => `${column_name} ${column_type}`)).toEqual([
      'ride_id VARCHAR',
      'lpep_pickup_datetime TIMESTAMP',
      'PULocationID INTEGER',
      'DOLocationID INTEGER',
      'trip_distance DOUBLE',
      'actual_duration DOUBLE',
      'diff DOUBLE',
      'predicted_duration FLOAT',
      'interval_low FLOAT',
      'interval_high FLOAT',
      'model_version VARCHAR',
    ]);
  });

  test('names each ride by its row in the source, and gives it its own prediction', async () => {
    const { output } = await score(realMonth('2023-04'));
    const source = await readRows(realMonth('2023-04'));
    const rows = await readRows(output);
    for (const row of [rows[0], rows[30_000], rows.at(-1)]) {
      const ride = source[Number(String(row?.ride_id).replace('2023/04_', ''))];
      expect(row).toMatchObject({ PULocationID: ride?.PULocationID, trip_distance: ride?.trip_distance });
      const hour = new Date(String(ride?.lpep_pickup_datetime)).getUTCHours();
      const byHand =
        Number(ride?.PULocationID) / 10 + Number(ride?.DOLocationID) / 100 + Number(ride?.trip_distance) + hour / 1000;
      expect(row?.predicted_duration).toBeCloseTo(byHand, 4);
    }
  });

  test('gives the same bytes each time, in the order of the source', async () => {
    const [one, other] = await Promise.all([score(realMonth('2023-04')), score(realMonth('2023-04'))]);
    expect(await sha256OfFile(one.output)).toBe(await sha256OfFile(other.output));
    const numbers = (await readRows(one.output, 'ride_id')).map(({ ride_id }) => Number(String(ride_id).slice(8)));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });
});

describe('scoring rides', () => {
  test('keeps both ends of 1..60 minutes and says why the others are rejected', async () => {
    const { outcome, output } = await scoreRides([
      { minutes: 1 },
      { minutes: 60 },
      { minutes: 0.99 },
      { minutes: 60.01 },
      { minutes: -5 },
      { minutes: null },
    ]);
    expect(outcome).toMatchObject({
      rowsIn: 6,
      rowsScored: 2,
      rejected: { 'duration-below-1': 2, 'duration-above-60': 1, 'duration-missing': 1 },
    });
    expect(await readRows(output, 'ride_id')).toEqual([{ ride_id: '2023/04_0' }, { ride_id: '2023/04_1' }]);
  });

  test('with --all scores every ride', async () => {
    const { outcome } = await scoreRides([{ minutes: 0.5 }, { minutes: 700 }, { minutes: null }], {}, { all: true });
    expect(outcome).toMatchObject({ rowsIn: 3, rowsScored: 3, rejected: {} });
  });

  test('needs no dropoff times: then every ride is scored and nothing is known of errors', async () => {
    const { outcome, output } = await scoreRides([{}, { minutes: 900 }], { lpep_dropoff_datetime: null });
    expect(outcome).toMatchObject({ rowsScored: 2, errors: null });
    expect(await readRows(output, 'actual_duration, diff')).toEqual([
      { actual_duration: null, diff: null },
      { actual_duration: null, diff: null },
    ]);
  });

  test('takes what a ride lacks as unknown: zones become -1, a missing distance is left to the model', async () => {
    const { output } = await scoreRides([{ pu: null, do: 100, distance: null, pickup: '2023-04-03 08:30:00' }]);
    // -1 / 10 + 100 / 100 + 5 miles + hour 8
    expect(await readRows(output, 'PULocationID, trip_distance, predicted_duration AS predicted')).toEqual([
      { PULocationID: -1, trip_distance: null, predicted: Math.fround(5.908) },
    ]);
  });

  test('a distance beyond all numbers of the model is one that is not given', async () => {
    const { output } = await scoreRides([{ pu: 10, do: 0, distance: 1e300, pickup: '2023-04-03 08:30:00' }]);
    // 10 / 10 + 5 miles + hour 8
    expect(await readRows(output, 'trip_distance, predicted_duration AS predicted')).toEqual([
      { trip_distance: 1e300, predicted: Math.fround(6.008) },
    ]);
  });

  test.each(['INTEGER', 'BIGINT', 'DOUBLE', 'VARCHAR'])('reads zone ids stored as %s', async (type) => {
    const { output } = await scoreRides([{ pu: 130, do: 205 }], {
      PULocationID: `pu::${type}`,
      DOLocationID: `do_::${type}`,
    });
    expect(await readRows(output, 'PULocationID, DOLocationID')).toEqual([{ PULocationID: 130, DOLocationID: 205 }]);
  });

  test('an empty month gives an empty output', async () => {
    const { outcome, output } = await scoreRides([]);
    expect(outcome).toMatchObject({ outcome: 'scored', rowsIn: 0, rowsScored: 0, errors: null });
    expect(await readRows(output, 'count(*)::INT AS n')).toEqual([{ n: 0 }]);
  });

  test.each([
    ["TIMESTAMP '290308-01-01 (BC)'", 'as far back as 64 bits of microseconds go'],
    ["TIMESTAMP '294000-01-01'", 'as far ahead'],
    ["TIMESTAMP 'infinity'", 'infinite'],
    ["TIMESTAMP '1899-12-31 23:59:59'", 'older than any taxi'],
  ])('%s is no time (%s): its ride alone is rejected', async (absurd) => {
    const rides = [{ pu: 1 }, { pu: 2 }, { pu: 3 }];
    for (const column of ['lpep_pickup_datetime', 'lpep_dropoff_datetime']) {
      const time = column === 'lpep_pickup_datetime' ? 'pickup' : 'dropoff';
      const { outcome, output } = await scoreRides(rides, {
        [column]: `CASE pu WHEN 2 THEN ${absurd} ELSE ${time} END`,
      });
      expect(outcome).toMatchObject({ rowsIn: 3, rowsScored: 2, rejected: { 'duration-missing': 1 } });
      expect(await readRows(output, 'ride_id, actual_duration')).toEqual([
        { ride_id: '2023/04_0', actual_duration: 12 },
        { ride_id: '2023/04_2', actual_duration: 12 },
      ]);
    }
  });

  test('with --all a ride of an absurd time is scored as one of no known time, and moves no error', async () => {
    const pickup = "CASE pu WHEN 10 THEN TIMESTAMP '290308-01-01 (BC)' ELSE pickup END";
    const rides = [{ pu: 10, do: 0, distance: 1 }, { minutes: 20 }];
    const { outcome, output } = await scoreRides(rides, { lpep_pickup_datetime: pickup }, { all: true });
    expect(outcome).toMatchObject({ rowsScored: 2, rejected: {}, errorsOnAll: { rides: 1 } });
    // zone 10 / 10 + 1 mile + the hour of -1 seconds, which is -1
    expect(await readRows(output, 'lpep_pickup_datetime AS pickup, predicted_duration AS predicted')).toMatchObject([
      { pickup: null, predicted: Math.fround(1.999) },
      { predicted: expect.closeTo(18.718, 4) },
    ]);
  });

  test('errors are those of the rides, in minutes', async () => {
    // predicted: 130/10 + 205/100 + 3.66 + 8/1000 = 18.718
    const { outcome } = await scoreRides([{ minutes: 20 }, { minutes: 12 }]);
    const byHand = Math.sqrt(((20 - 18.718) ** 2 + (12 - 18.718) ** 2) / 2);
    expect(outcome.outcome === 'scored' && outcome.errors?.rmse).toBeCloseTo(byHand, 5);
    expect(outcome.outcome === 'scored' && outcome.errors?.coverage_90).toBe(0.5);
  });

  test('errors on all rides are reported next to those on the kept ones', async () => {
    // absolute errors, by the same hand: 6.718, 1.282, 18.218 (half a minute), 681.282 (a forgotten meter); one unknown
    const rides = [12, 20, 0.5, 700, null].map((minutes) => ({ minutes }));
    const { outcome } = await scoreRides(rides);
    const { errors, errorsOnAll } = outcome.outcome === 'scored' ? outcome : expect.fail('refused');
    expect(errors?.mae).toBeCloseTo((6.718 + 1.282) / 2, 5);
    expect(errorsOnAll).toEqual({
      rides: 4,
      median_absolute: 6.718,
      mae: expect.closeTo((6.718 + 1.282 + 18.218 + 681.282) / 4, 5),
      outside_share: 0.5,
    });
  });
});

describe("any of TLC's files", () => {
  const BUNDLED = ['2021-01', '2021-02', '2022-02', '2022-03', '2022-04', '2022-05', '2023-01', '2023-02', '2023-03'];

  test.each(BUNDLED)('%s adds up, and its output holds what was scored', async (month) => {
    const { outcome, output } = await score(realMonth(month), { month: parseMonth(month) });
    const { rowsIn, rowsScored, rejected } = outcome.outcome === 'scored' ? outcome : expect.fail('refused');
    const [source] = await readRows(realMonth(month), 'count(*)::INT AS n');
    expect(rowsIn).toBe(source?.n);
    expect(rowsScored + Object.values(rejected).reduce((sum, rows) => sum + rows, 0)).toBe(rowsIn);
    const summary =
      'count(*)::INT AS n, count(DISTINCT ride_id)::INT AS ids, count(predicted_duration)::INT AS predicted';
    expect(await readRows(output, summary)).toEqual([{ n: rowsScored, ids: rowsScored, predicted: rowsScored }]);
  });

  test('a yellow one has its own names of the time columns', async () => {
    const names = { lpep_pickup_datetime: null, lpep_dropoff_datetime: null };
    const yellow = { ...names, tpep_pickup_datetime: 'pickup', tpep_dropoff_datetime: 'dropoff' };
    const { outcome, output } = await scoreRides([{ minutes: 12 }], yellow, { taxiType: 'yellow' });
    expect(outcome).toMatchObject({ rowsScored: 1 });
    expect(await readRows(output, 'tpep_pickup_datetime::VARCHAR AS pickup')).toEqual([
      { pickup: '2023-04-03 08:30:00' },
    ]);
  });

  test('columns come and go, and change the case of their names', async () => {
    const changed = { PULocationID: null, pulocationid: 'pu', Airport_fee: '1.75', cbd_congestion_fee: '0.75' };
    const { output } = await scoreRides([{ pu: 130 }], changed);
    expect(await readRows(output, 'PULocationID')).toEqual([{ PULocationID: 130 }]);
  });

  test('times of 96 bits are read, as files before 2019 may have them', async () => {
    // written by pyarrow with use_deprecated_int96_timestamps: rides of 12, 25 and 61 minutes, the second of no distance
    const { outcome, output } = await score(join(import.meta.dirname, '../../files/int96.parquet'));
    expect(outcome).toMatchObject({ rowsIn: 3, rowsScored: 2, rejected: { 'duration-above-60': 1 } });
    expect(await readRows(output, 'lpep_pickup_datetime::VARCHAR AS pickup, actual_duration, trip_distance')).toEqual([
      { pickup: '2023-04-03 08:30:00', actual_duration: 12, trip_distance: 3.66 },
      { pickup: '2023-04-03 09:00:00.5', actual_duration: 25, trip_distance: null },
    ]);
  });

  test.each(['TIMESTAMP_NS', 'TIMESTAMP_MS', 'TIMESTAMPTZ', 'VARCHAR'])(
    'times stored as %s are the same',
    async (type) => {
      const { output } = await scoreRides([{}], { lpep_pickup_datetime: `pickup::${type}` });
      expect(await readRows(output, 'lpep_pickup_datetime::VARCHAR AS pickup, actual_duration')).toEqual([
        { pickup: '2023-04-03 08:30:00', actual_duration: 12 },
      ]);
    },
  );

  test('rides of other months are scored as any other, and so is one of no known time', async () => {
    const { outcome } = await scoreRides([{ pickup: '2008-12-31 23:00:00' }, { pickup: '2023-05-01 00:00:00' }]);
    expect(outcome).toMatchObject({ rowsScored: 2 });
    const noTime = await scoreRides([{ pickup: null, pu: 10, do: 0, distance: 1 }], {}, { all: true });
    // zone 10 / 10 + 1 mile + the hour of -1 seconds, which is -1
    expect(await readRows(noTime.output, 'predicted_duration AS predicted')).toEqual([
      { predicted: Math.fround(1.999) },
    ]);
  });
});

describe('a file that cannot be scored is refused, with the reason', () => {
  test('a needed column is gone', async () => {
    const { outcome } = await scoreRides([{}], { PULocationID: null, trip_distance: null });
    expect(outcome).toMatchObject({
      outcome: 'refused',
      reason: 'The file lacks the columns PULocationID, trip_distance, needed to score green rides',
    });
  });

  test.each([
    ['an error page', '<html><body>403 Forbidden</body></html>'],
    ['an empty file', ''],
    ['a cut file', 'PAR1 and then nothing'],
  ])('%s named .parquet', async (_, content) => {
    const input = join(temporaryFolder(), 'month.parquet');
    await writeFile(input, content);
    const { outcome } = await score(input);
    expect(outcome).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('not readable as Parquet') });
  });

  test('times in milliseconds that no microseconds can hold', async () => {
    // DuckDB cannot read such a column at all. Written by pyarrow: three rides, the second picked up in milliseconds 9e18
    const { outcome } = await score(join(import.meta.dirname, '../../files/absurd-milliseconds.parquet'));
    expect(outcome).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('Could not convert') });
  });

  test.each([
    ['cut in half', (month: Buffer) => month.subarray(0, month.length / 2)],
    ['with a broken footer', (month: Buffer) => month.fill('?', month.length - 3000, month.length - 8)],
    ['with broken pages', (month: Buffer) => month.fill('?', 2000, 600_000)],
  ])('a month %s', async (_, change) => {
    const input = join(temporaryFolder(), 'month.parquet');
    await writeFile(input, change(await readFile(realMonth('2023-04'))));
    const { outcome, output } = await score(input);
    expect(outcome).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('not readable as Parquet') });
    expect(await readdir(join(output, '..'))).toEqual([]);
  });
});

test('a model that is faster in another order gives the same file', async () => {
  const announced: number[] = [];
  const progress: number[] = [];
  const scorer = { ...aScorer(), fastRun: 64, expect: (rides: number) => announced.push(rides) };
  const options = { aheadRows: 1, onProgress: (rows: number) => progress.push(rows) };
  const ahead = await score(realMonth('2023-04'), options, scorer);
  const plain = await score(realMonth('2023-04'));
  expect(ahead.outcome).toMatchObject({ outcome: 'scored', rowsIn: 65_392, rowsScored: 62_979 });
  expect(await sha256OfFile(ahead.output)).toBe(await sha256OfFile(plain.output));
  expect([announced, progress]).toEqual([[65_392], [65_392]]);
  expect(await readdir(join(ahead.output, '..'))).toEqual(['output.parquet']);
});

describe('a failure on the way leaves nothing behind', () => {
  test('a full disk', async () => {
    const workFolder = temporaryFolder();
    const output = join(workFolder, 'output.parquet');
    await symlink('/dev/full', join(workFolder, 'scores.parquet')); // every write to it finds no space left
    const scoring = score(realMonth('2023-04'), { output, workFolder });
    await expect(scoring).rejects.toThrow(TransientError);
    await expect(scoring).rejects.toThrow(
      /^The disk is full \(.*Could not write.*scores\.parquet.*\)\. Free some space there, and run it again\.$/,
    );
    expect(await readdir(workFolder)).toEqual([]);
  });

  test('a full disk, where the model scores ahead', async () => {
    const workFolder = temporaryFolder();
    await symlink('/dev/full', join(workFolder, 'ahead.f32'));
    const output = join(workFolder, 'output.parquet');
    const scoring = score(realMonth('2023-04'), { output, workFolder, aheadRows: 1 }, { ...aScorer(), fastRun: 64 });
    await expect(scoring).rejects.toThrow(TransientError);
    expect(await readdir(workFolder)).toEqual([]);
  });

  test('a model that cannot score', async () => {
    const workFolder = temporaryFolder();
    const broken = {
      ...aScorer(),
      scoreNow: () => {
        throw new Error('the graph broke');
      },
    };
    const scoring = score(realMonth('2023-04'), { output: join(workFolder, 'output.parquet'), workFolder }, broken);
    await expect(scoring).rejects.toThrow('the graph broke');
    expect(await readdir(workFolder)).toEqual([]);
  });
});
