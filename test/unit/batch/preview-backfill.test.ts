import { describe, expect, test } from 'vitest';
import type { MonthPlan } from '#batch/plan.ts';
import { previewMonth } from '#batch/preview-backfill.ts';
import { dataKeys } from '#storage/layout.ts';
import { APRIL, leaveScored, SOURCE } from '../../support/a-receipt.ts';
import { aRun } from '../../support/a-run.ts';
import { MemoryStore } from '../../support/memory-store.ts';

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
    await leaveScored(data, aRun('a'));
    expect(await preview(data)).toMatchObject({ action: 'nothing', why: 'this run has scored it', rows: 65_392 });
  });

  test('write nothing to find out', async () => {
    const data = await aBucket();
    await leaveScored(data, aRun('a'));
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
    await leaveScored(data, aRun('a'));
    expect(await preview(data, changes)).toMatchObject({ action: 'score', why });
  });

  test('score it again when it was published again, its output is gone, or it was scored with --all', async () => {
    const republished = await aBucket();
    await leaveScored(republished, aRun('a'), { source: '3'.repeat(64) });
    expect(await preview(republished)).toMatchObject({ why: 'published again since this run scored it' });

    const lost = await aBucket();
    await leaveScored(lost, aRun('a'));
    lost.objects.delete(dataKeys.predictions('green', APRIL, aRun('a')));
    expect(await preview(lost)).toMatchObject({ action: 'score', why: 'its output is gone, or was changed' });

    const withAll = await aBucket();
    await leaveScored(withAll, aRun('a'), { all: true });
    expect(await preview(withAll)).toMatchObject({ action: 'score', why: 'scored with --all' });
  });
});
