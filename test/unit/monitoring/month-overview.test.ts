import { describe, expect, test } from 'vitest';
import { monthOverviews } from '#monitoring/month-overview.ts';
import { dataKeys } from '#storage/layout.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { APRIL, leaveScored, SOURCE } from '../../support/a-receipt.ts';
import { aReport } from '../../support/a-report.ts';
import { aRun } from '../../support/a-run.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const REPORT = dataKeys.report('green', APRIL, aRun('a'));
const POINTER = dataKeys.current('green', APRIL);

/** A bucket in which a run has scored April, and its months with the objects that they read since last asked. */
async function aScoredApril() {
  const data = new MemoryStore();
  await leaveScored(data, aRun('a'));
  const read: string[] = [];
  const watched: ObjectStore = Object.assign(Object.create(data), {
    get: (key: string) => {
      read.push(key);
      return data.get(key);
    },
    list: (prefix: string) => data.list(prefix),
  });
  const months = monthOverviews(watched, 'green');
  return { data, months: async () => ({ months: await months(), read: read.splice(0) }) };
}

describe('monthOverviews', () => {
  test('reads a month once, and then only lists it', async () => {
    const { months } = await aScoredApril();
    const first = await months();
    expect(first.months).toMatchObject([
      { month: '2023-04', run_id: aRun('a'), rows_scored: 62_979, monitoring: null },
    ]);
    expect(first.read).toEqual([POINTER, dataKeys.receipt('green', APRIL, aRun('a'), SOURCE), REPORT]);
    expect(await months()).toEqual({ months: first.months, read: [] });
  });

  test('sees a report that was made, and one that was made again', async () => {
    const { data, months } = await aScoredApril();
    await months();
    await data.put(REPORT, JSON.stringify(aReport()));
    expect((await months()).months[0]?.monitoring?.takeaway).toBe('Predictions are off.');
    await data.put(REPORT, JSON.stringify(aReport({ takeaway: 'Predictions are fine.' })));
    expect((await months()).months[0]?.monitoring?.takeaway).toBe('Predictions are fine.');
    expect((await months()).read).toEqual([]);
  });

  test('sees a month that another run scored, a receipt that was replaced, and a month that is gone', async () => {
    const { data, months } = await aScoredApril();
    await months();
    await leaveScored(data, aRun('b'));
    expect((await months()).months.map(({ run_id }) => run_id)).toEqual([aRun('b')]);
    const receipt = dataKeys.receipt('green', APRIL, aRun('b'), SOURCE);
    await data.put(receipt, data.text(receipt).replace('62979', '62978'));
    expect((await months()).months.map(({ rows_scored }) => rows_scored)).toEqual([62_978]);
    data.objects.delete(POINTER);
    expect(await months()).toEqual({ months: [], read: [] });
  });
});
