import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import type { MonthJob } from '#batch/outcome.ts';
import { receiptSchema } from '#batch/receipts.ts';
import { schemaReportSchema } from '#batch/schema-report.ts';
import { type ScoreMonthDeps, scoreMonth } from '#batch/score-month.ts';
import { dataKeys } from '#storage/layout.ts';
import { sha256 } from '#storage/sha256.ts';
import { type Month, parseMonth } from '#trips/month.ts';
import { aCard } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { ManualClock } from '../../support/manual-clock.ts';
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

async function aBucketWith(
  rides = RIDES,
  month: Month = APRIL,
  columns: Readonly<Record<string, string | null>> = {},
): Promise<MemoryStore> {
  const data = new MemoryStore('data');
  await publishMonth(data, rides, month, columns);
  return data;
}

async function publishMonth(data: MemoryStore, rides: readonly TestRide[], month = APRIL, columns = {}) {
  const file = join(temporaryFolder(), 'month.parquet');
  await writeMonth(file, rides, columns);
  await data.put(dataKeys.raw('green', month), await readFile(file));
}

async function score(data: MemoryStore, what = job(), changes: Partial<ScoreMonthDeps> = {}) {
  const folder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: folder });
  return await scoreMonth(what, {
    data,
    storeOf: (bucket) => (bucket === 'data' ? data : new MemoryStore(bucket)),
    loadModel: async () => ({ card: aCard(), scorer: aScorer() }),
    database,
    workFolder: folder,
    codeVersion: 'test',
    engines: { node: process.version },
    clock: new ManualClock(Date.parse('2023-05-15T00:00:00Z')),
    ...changes,
  });
}

const rawKey = dataKeys.raw('green', APRIL);
const schemaKey = dataKeys.rawSchema('green', APRIL);
const outputKey = dataKeys.predictions('green', APRIL, aRun('a'));
const currentKey = dataKeys.current('green', APRIL);
const receiptKeyOf = (data: MemoryStore) => [...data.objects.keys()].find((key) => key.startsWith('receipts/')) ?? '';

const bytesOf = (data: MemoryStore, key: string) => data.objects.get(key) ?? new Uint8Array();
const receiptOf = (data: MemoryStore, key = receiptKeyOf(data)) => receiptSchema.parse(JSON.parse(data.text(key)));

describe('scoring a month', () => {
  test('leaves the output, a receipt that accounts for every row, and the pointer to it', async () => {
    const data = await aBucketWith();
    const outcome = await score(data);
    expect(outcome).toMatchObject({ status: 'scored', rows_in: 3, rows_scored: 2, evaluation: 'after-training' });
    const receipt = receiptOf(data);
    const output = bytesOf(data, outputKey);
    expect(receipt.rows).toEqual({ in: 3, scored: 2, rejected: { 'duration-below-1': 1 } });
    expect(receipt.output).toMatchObject({
      uri: `s3://data/${outputKey}`,
      sha256: sha256(output),
      bytes: output.length,
    });
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

  test('is done again when the output was replaced by other bytes of the same size', async () => {
    const data = await aBucketWith();
    await score(data);
    const whole = bytesOf(data, outputKey);
    data.objects.set(outputKey, whole.with(100, (whole[100] ?? 0) ^ 1));
    expect(await score(data)).toMatchObject({ status: 'scored' });
    expect(bytesOf(data, outputKey)).toEqual(whole);
  });

  test('is done again when rides are wanted that were left out', async () => {
    const data = await aBucketWith();
    await score(data);
    expect(await score(data, job({ all: true }))).toMatchObject({ status: 'scored', rows_scored: 3 });
    expect(await score(data, job({ all: true }))).toMatchObject({ status: 'unchanged', rows_scored: 3 });
  });

  test('asks for no model when there is nothing to do', async () => {
    const data = await aBucketWith();
    await score(data);
    const loadModel = () => Promise.reject(new Error('the model is gone'));
    expect(await score(data, job(), { loadModel })).toMatchObject({ status: 'unchanged' });
    await expect(score(data, job({ force: true }), { loadModel })).rejects.toThrow('the model is gone');
  });

  test('of which no ride can be scored is refused with the counts, and stays owed: no receipt, no pointer', async () => {
    const data = await aBucketWith([{ minutes: 0.2 }, { minutes: 90 }, { minutes: 80 }, { minutes: null }]);
    const outcome = await score(data);
    expect(outcome).toMatchObject({
      status: 'refused',
      rows_scored: null,
      note: 'None of its 4 rides can be scored: 1 duration-below-1, 2 duration-above-60, 1 duration-missing',
      schema: { report: `s3://data/${schemaKey}` },
    });
    expect([...data.objects.keys()]).toEqual([rawKey, schemaKey]);
    expect(await score(data, job({ all: true }))).toMatchObject({ status: 'scored', rows_in: 4, rows_scored: 4 });
    expect(receiptOf(data)).toMatchObject({ rows: { rejected: {} }, errors_on_all: { rides: 3, outside_share: 1 } });
  });

  test('of which all times of pickup are null is refused, and what was published before stays', async () => {
    const data = await aBucketWith();
    await score(data);
    const before = data.text(currentKey);
    await publishMonth(data, RIDES, APRIL, { lpep_pickup_datetime: 'NULL::TIMESTAMP' });
    for (const all of [false, true]) {
      expect(await score(data, job({ all }))).toMatchObject({
        status: 'refused',
        rows_scored: null,
        note: expect.stringContaining('lpep_pickup_datetime has no readable value in 100% of the rows'),
      });
    }
    expect(data.text(currentKey)).toBe(before);
  });

  test('that is empty is scored: there is nothing to score', async () => {
    const data = await aBucketWith([]);
    expect(await score(data)).toMatchObject({ status: 'scored', rows_in: 0, rows_scored: 0, rmse: null });
    expect(receiptOf(data).errors).toBeNull();
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
    expect(receiptOf(data).rows.scored).toBe(2);
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
    expect(loser).toMatchObject({
      status: 'unchanged',
      receipt: `s3://data/${receiptKeyOf(data)}`,
      note: expect.stringContaining(`Another execution, started ${receiptOf(data).started_at}`),
    });
    expect([...data.objects.keys()].filter((key) => key.startsWith('receipts/'))).toHaveLength(1);
  });

  test('of two runs at once the one that loses names the output when the winner is about to write its receipt', async () => {
    const data = await aBucketWith();
    data.before = async (operation, key) => {
      if (operation !== 'put' || key !== outputKey) return;
      data.objects.set(outputKey, new Uint8Array([1]));
    };
    const loser = await score(data);
    expect(loser).toMatchObject({ status: 'unchanged', receipt: null, note: expect.stringContaining(outputKey) });
    expect(data.objects.has(currentKey)).toBe(false);
  });

  test('is scored, not lost, when the answer to writing its receipt gets lost and the retry meets it', async () => {
    const data = await aBucketWith();
    const put = data.put.bind(data);
    data.put = async (key, body, options) => {
      const outcome = await put(key, body, options);
      return key.startsWith('receipts/') ? { outcome: 'conflict' } : outcome;
    };
    expect(await score(data)).toMatchObject({ status: 'scored' });
    expect(data.objects.has(currentKey)).toBe(true);
  });

  test('is refused when a column is missing: the report next to the raw month is all it writes', async () => {
    const data = await aBucketWith(RIDES, APRIL, { trip_distance: null });
    const outcome = await score(data);
    expect(outcome).toMatchObject({ status: 'refused', note: expect.stringContaining('trip_distance') });
    expect([...data.objects.keys()]).toEqual([rawKey, schemaKey]);
    const report = schemaReportSchema.parse(JSON.parse(data.text(schemaKey)));
    expect(report).toMatchObject({
      decision: 'refuse',
      run_id: aRun('a'),
      source_sha256: sha256(bytesOf(data, rawKey)),
    });
    expect(outcome.schema).toEqual({ decision: 'refuse', notes: report.notes, report: `s3://data/${schemaKey}` });
  });

  test('says what its file differs in from those of the training', async () => {
    const columns = [{ name: 'ehail_fee', types: ['DOUBLE'], null_share: null, low: null, high: null }];
    const card = aCard();
    const loadModel = async () => ({ card: { ...card, train: { ...card.train, columns } }, scorer: aScorer() });
    const { status, schema } = await score(await aBucketWith(), job(), { loadModel });
    expect(status).toBe('scored');
    expect(schema).toMatchObject({ decision: 'fine-with-notes', notes: expect.arrayContaining(['ehail_fee is gone']) });
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

describe('a republished month', () => {
  const EDITION = [...RIDES, { minutes: 30 }];
  const at = (time: string) => ({ clock: new ManualClock(Date.parse(time)) });

  async function republished() {
    const data = await aBucketWith();
    const first = await score(data, job(), at('2023-05-15T00:00:00Z'));
    await publishMonth(data, EDITION);
    return { data, first };
  }

  test('is scored under a separate name; its receipt says what it supersedes, and the pointer moves', async () => {
    const { data, first } = await republished();
    const second = await score(data, job(), at('2023-06-15T00:00:00Z'));
    const source = sha256(bytesOf(data, rawKey));
    const ownKey = dataKeys.predictionsOfSource('green', APRIL, aRun('a'), source);
    expect(ownKey).toContain(`${aRun('a')}.${source.slice(0, 8)}.parquet`);
    expect(second).toMatchObject({ status: 'scored', rows_scored: 3, output: `s3://data/${ownKey}` });
    const receipt = receiptOf(data, second.receipt?.replace('s3://data/', ''));
    expect(`s3://data/${receipt.supersedes}`).toBe(first.receipt);
    expect(JSON.parse(data.text(currentKey))).toMatchObject({ key: ownKey, sha256: receipt.output.sha256 });
    expect(data.objects.has(outputKey)).toBe(true);
  });

  test('is not done twice, and by force stays under its name', async () => {
    const { data } = await republished();
    const once = await score(data);
    expect(await score(data)).toMatchObject({ status: 'unchanged', receipt: once.receipt });
    const forced = await score(data, job({ force: true }));
    expect(forced).toMatchObject({ status: 'scored', output: once.output, receipt: once.receipt });
    expect(receiptOf(data, forced.receipt?.replace('s3://data/', '')).supersedes).toBeTruthy();
  });

  test('that is withdrawn makes the output of the first edition current again, which is still there', async () => {
    const { data, first } = await republished();
    await score(data);
    await publishMonth(data, RIDES);
    expect(await score(data)).toMatchObject({ status: 'unchanged', receipt: first.receipt });
    expect(JSON.parse(data.text(currentKey))).toMatchObject({ key: outputKey });
  });
});
