import { describe, expect, test } from 'vitest';
import { makeCurrent } from '#batch/current.ts';
import type { MonthPlan } from '#batch/plan.ts';
import { previewMonth } from '#batch/preview-backfill.ts';
import { type Receipt, receiptSchema } from '#batch/receipts.ts';
import { dataKeys, s3Uri } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';
import { parseMonth } from '#trips/month.ts';
import { aRun } from '../../support/a-run.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const APRIL = parseMonth('2023-04');
const SOURCE = '1'.repeat(64);
const plan = (changes: Partial<MonthPlan> = {}): MonthPlan => ({
  taxi_type: 'green',
  month: APRIL,
  run_id: aRun('a'),
  force: false,
  all: false,
  present: true,
  ...changes,
});

/** A bucket with the month in it, and the facts about it. */
async function aBucket(): Promise<MemoryStore> {
  const data = new MemoryStore('data');
  await data.put(dataKeys.raw('green', APRIL), 'the month');
  const facts = {
    sha256: SOURCE,
    bytes: 9,
    rows: 65_392,
    columns: [],
    source: 'TLC',
    ingested_at: '2023-05-15T00:00:00Z',
  };
  await data.put(dataKeys.rawFacts('green', APRIL), JSON.stringify(facts));
  return data;
}

/** What a run leaves behind that has scored the month. */
async function scored(data: MemoryStore, run: RunId, { source = SOURCE, all = false } = {}): Promise<Receipt> {
  const output = dataKeys.predictions('green', APRIL, run);
  await data.put(output, 'predictions');
  const key = dataKeys.receipt('green', APRIL, run, source);
  const receipt = receiptSchema.parse({
    schema_version: 1,
    taxi_type: 'green',
    month: APRIL,
    run_id: run,
    source: { uri: s3Uri('data', dataKeys.raw('green', APRIL)), sha256: source, bytes: 9 },
    output: { uri: s3Uri('data', output), sha256: '2'.repeat(64), bytes: 'predictions'.length },
    all,
    rows: { in: 65_392, scored: 60_000, rejected: { 'duration-below-1': 5392 } },
    errors: null,
    evaluation: 'after-training',
    code_version: 'test',
    engines: {},
    started_at: '2023-05-15T00:00:00Z',
    seconds: 8,
  });
  await data.put(key, JSON.stringify(receipt));
  await makeCurrent({ receipt, key }, data);
  return receipt;
}

const preview = (data: MemoryStore, changes: Partial<MonthPlan> = {}) =>
  previewMonth(plan(changes), { data, storeOf: () => data });

describe('a backfill would', () => {
  test('first fetch a month that is not in the bucket', async () => {
    expect(await preview(new MemoryStore('data'), { present: false })).toEqual({
      month: '2023-04',
      action: 'ingest-and-score',
      why: 'not in the data bucket: downloaded first',
      rows: null,
    });
  });

  test('score a month that no run has scored, of as many rows as its facts say', async () => {
    expect(await preview(await aBucket())).toMatchObject({ action: 'score', why: 'not scored yet', rows: 65_392 });
  });

  test('score a month whose facts are missing, since somebody else put it there', async () => {
    const data = await aBucket();
    data.objects.delete(dataKeys.rawFacts('green', APRIL));
    expect(await preview(data)).toMatchObject({ action: 'score', why: 'not scored yet', rows: null });
  });

  test('do nothing with a month that the run has scored', async () => {
    const data = await aBucket();
    await scored(data, aRun('a'));
    expect(await preview(data)).toMatchObject({ action: 'nothing', why: 'this run has scored it', rows: 65_392 });
  });

  test('write nothing to find out', async () => {
    const data = await aBucket();
    await scored(data, aRun('a'));
    const before = new Map(data.objects);
    await preview(data);
    expect(data.objects).toEqual(before);
  });

  test.each([
    ['forced, although this run has scored it', { force: true }],
    ['scored without the rides outside 1..60 minutes', { all: true }],
    [`scored by another run, ${aRun('a')}`, { run_id: aRun('b') }],
  ])('score it again: %s', async (why, changes) => {
    const data = await aBucket();
    await scored(data, aRun('a'));
    expect(await preview(data, changes)).toMatchObject({ action: 'score', why });
  });

  test('score it again when it was published again, its output is gone, or it was scored with --all', async () => {
    const republished = await aBucket();
    await scored(republished, aRun('a'), { source: '3'.repeat(64) });
    expect(await preview(republished)).toMatchObject({ why: 'published again since this run scored it' });

    const lost = await aBucket();
    await scored(lost, aRun('a'));
    lost.objects.delete(dataKeys.predictions('green', APRIL, aRun('a')));
    expect(await preview(lost)).toMatchObject({ action: 'score', why: 'its output is gone, or was changed' });

    const withAll = await aBucket();
    await scored(withAll, aRun('a'), { all: true });
    expect(await preview(withAll)).toMatchObject({ action: 'score', why: 'scored with --all' });
  });
});
