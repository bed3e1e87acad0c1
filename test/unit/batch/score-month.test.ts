import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DuckDB } from '../../../src/adapters/duckdb.ts';
import type { MonthJob } from '../../../src/batch/outcome.ts';
import { receiptSchema } from '../../../src/batch/receipt.ts';
import { type ScoreMonthDependencies, scoreMonth } from '../../../src/batch/score-month.ts';
import { dataKeys } from '../../../src/storage/layout.ts';
import { sha256 } from '../../../src/storage/sha256.ts';
import { type Month, parseMonth } from '../../../src/trips/month.ts';
import { aRun } from '../../support/a-card.ts';
import { aCard } from '../../support/a-run.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type TestRide, writeMonth } from '../../support/tlc-files.ts';

const APRIL = parseMonth('2023-04');
const RIDES: readonly TestRide[] = [{ minutes: 12 }, { minutes: 25 }, { minutes: 0.2 }];
const job = (changes: Partial<MonthJob> = {}): MonthJob => ({
  taxi_type: 'green',
  month: APRIL,
  run_id: aRun('a'),
  force: false,
  all: false,
  ...changes,
});

async function aBucketWith(rides = RIDES, month: Month = APRIL): Promise<MemoryStore> {
  const file = join(temporaryFolder(), 'month.parquet');
  await writeMonth(file, rides);
  const data = new MemoryStore('data');
  await data.put(dataKeys.raw('green', month), await readFile(file));
  return data;
}

async function score(data: MemoryStore, what = job(), changes: Partial<ScoreMonthDependencies> = {}) {
  const folder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: folder });
  return await scoreMonth(what, {
    data,
    storeOf: (bucket) => (bucket === 'data' ? data : new MemoryStore(bucket)),
    card: aCard(),
    scorer: aScorer(),
    database,
    workFolder: folder,
    chunkRows: 2048,
    codeVersion: 'test',
    engines: { node: process.version },
    now: () => new Date('2023-05-15T00:00:00Z'),
    ...changes,
  });
}

const outputKey = dataKeys.predictions('green', APRIL, aRun('a'));
const currentKey = dataKeys.current('green', APRIL);
const receiptKeyOf = (data: MemoryStore) => [...data.objects.keys()].find((key) => key.startsWith('receipts/')) ?? '';

describe('scoring a month', () => {
  test('leaves the output, a receipt that accounts for every row, and the pointer to it', async () => {
    const data = await aBucketWith();
    const outcome = await score(data);
    expect(outcome).toMatchObject({ status: 'scored', rows_in: 3, rows_scored: 2, evaluation: 'after-training' });
    const receipt = receiptSchema.parse(JSON.parse(data.text(receiptKeyOf(data))));
    const output = data.objects.get(outputKey) ?? new Uint8Array();
    expect(receipt.rows).toEqual({ in: 3, scored: 2, rejected: { 'duration-below-1': 1 } });
    expect(receipt.output).toEqual({ uri: `s3://data/${outputKey}`, sha256: sha256(output), bytes: output.length });
    expect(receiptKeyOf(data)).toContain(`${aRun('a')}/${receipt.source.sha256}.json`);
    expect(JSON.parse(data.text(currentKey))).toMatchObject({
      key: outputKey,
      run_id: aRun('a'),
      year: 2023,
      month: 4,
    });
  });

  test('is not done twice: the second time says which receipt it found', async () => {
    const data = await aBucketWith();
    const first = await score(data);
    const before = new Map(data.objects);
    const second = await score(data);
    expect(second).toMatchObject({ status: 'unchanged', receipt: first.receipt, rows_scored: 2, rmse: first.rmse });
    expect(data.objects).toEqual(before);
  });

  test('is done again by force, and when the output behind the receipt is gone', async () => {
    const data = await aBucketWith();
    await score(data);
    expect(await score(data, job({ force: true }))).toMatchObject({ status: 'scored' });
    data.objects.delete(outputKey);
    expect(await score(data)).toMatchObject({ status: 'scored' });
    expect(data.objects.has(outputKey)).toBe(true);
  });

  test.each(['receipts/', 'current/'])('is completed by the next run after a crash before %s', async (prefix) => {
    const data = await aBucketWith();
    data.before = (operation, key) => {
      if (operation === 'put' && key.startsWith(prefix)) throw new Error('the process dies here');
    };
    await expect(score(data)).rejects.toThrow('dies here');
    data.before = () => {};
    await score(data);
    expect(data.objects.has(currentKey)).toBe(true);
    expect(receiptSchema.parse(JSON.parse(data.text(receiptKeyOf(data)))).rows.scored).toBe(2);
  });

  test('of two runs at once one wins, and the other says so', async () => {
    const data = await aBucketWith();
    let raced = false;
    data.before = async (operation, key) => {
      if (operation !== 'put' || key !== outputKey || raced) return;
      raced = true;
      await score(data);
    };
    const loser = await score(data);
    expect(loser).toMatchObject({ status: 'unchanged', note: expect.stringContaining('Another execution') });
    expect([...data.objects.keys()].filter((key) => key.startsWith('receipts/'))).toHaveLength(1);
  });

  test('is refused when a column is gone, and writes nothing', async () => {
    const file = join(temporaryFolder(), 'month.parquet');
    await writeMonth(file, RIDES, { trip_distance: null });
    const data = new MemoryStore('data');
    await data.put(dataKeys.raw('green', APRIL), await readFile(file));
    expect(await score(data)).toMatchObject({ status: 'refused', note: expect.stringContaining('trip_distance') });
    expect([...data.objects.keys()]).toEqual([dataKeys.raw('green', APRIL)]);
  });

  test('of a month that is not there is an outcome that names the object', async () => {
    expect(await score(new MemoryStore('data'))).toMatchObject({
      status: 'not-published',
      note: expect.stringContaining(`s3://data/${dataKeys.raw('green', APRIL)}`),
    });
  });

  test.each([
    ['2023-02', 'in-training'],
    ['2022-12', 'before-training'],
    ['2023-04', 'after-training'],
  ])('marks %s as %s', async (month, evaluation) => {
    const data = await aBucketWith(RIDES, parseMonth(month));
    expect(await score(data, job({ month: parseMonth(month) }))).toMatchObject({ evaluation });
  });

  test('reads and writes where the patterns say, and keeps its receipt in the data bucket', async () => {
    const data = await aBucketWith();
    const elsewhere = new MemoryStore('elsewhere');
    await elsewhere.put('in/green/2023/04.parquet', data.objects.get(dataKeys.raw('green', APRIL)) ?? '');
    const outcome = await score(new MemoryStore('data'), job(), {
      storeOf: () => elsewhere,
      inputPattern: 's3://elsewhere/in/{taxi_type}/{year:04d}/{month:02d}.parquet',
      outputPattern: 's3://elsewhere/out/{run_id}-{year:04d}{month:02d}.parquet',
    });
    expect(outcome).toMatchObject({ status: 'scored', output: `s3://elsewhere/out/${aRun('a')}-202304.parquet` });
  });

  test('refuses a pattern with a placeholder that it does not know', async () => {
    const data = await aBucketWith();
    await expect(score(data, job(), { inputPattern: 's3://elsewhere/{day}' })).rejects.toThrow(
      /unknown placeholder "\{day\}"/,
    );
  });
});
