import { describe, expect, test } from 'vitest';
import {
  backfillRequestSchema,
  monthRequestSchema,
  type PlanDeps,
  planBackfill,
  planMonth,
  type ScheduledMonthPlan,
} from '#batch/plan.ts';
import { checkedInput } from '#function-input.ts';
import { Registry } from '#registry/registry.ts';
import { dataKeys } from '#storage/layout.ts';
import { parseMonth } from '#trips/month.ts';
import { NAMES, runFiles } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const APRIL = parseMonth('2023-04');

async function planner() {
  const registry = new Registry(new MemoryStore('models'), NAMES);
  await registry.register(runFiles());
  await registry.promote(aRun('a'), 'ada', new Date());
  return {
    data: new MemoryStore('data'),
    registry,
    defaultTaxiType: 'green',
    timeZone: 'Africa/Cairo',
    monthsBack: 1,
    lookBackMonths: 2,
  } as const;
}

/** The one month that a request leads to. */
async function planned(input: object, deps?: PlanDeps): Promise<ScheduledMonthPlan | undefined> {
  const { months } = await planMonth(request(input), deps ?? (await planner()));
  return months.at(-1);
}

const request = (input: object) =>
  checkedInput(monthRequestSchema, { scheduledTime: '2023-05-15T00:00:00+03:00', ...input });

describe('planning a month', () => {
  test('scores the month before the scheduled time, with the champion', async () => {
    expect(await planned({})).toEqual({
      taxi_type: 'green',
      month: '2023-04',
      run_id: aRun('a'),
      force: false,
      all: false,
      present: false,
      patient: true,
    });
  });

  test("reads the scheduled time on the schedule's own clock", async () => {
    // Midnight of 1 June in Cairo (UTC+3) is 21:00 UTC on 31 May: the month before is May, not April.
    expect(await planned({ scheduledTime: '2023-05-31T21:00:00Z' })).toMatchObject({ month: '2023-05' });
    // In January it is UTC+2, and the month before lies in another year.
    expect(await planned({ scheduledTime: '2023-12-31T22:00:00Z' })).toMatchObject({ month: '2023-12' });
    expect(await planned({ scheduledTime: '2023-12-31T21:59:59Z' })).toMatchObject({ month: '2023-11' });
  });

  test('takes a month, or a day as if it were that day', async () => {
    expect(await planned({ month: '2022-02' })).toMatchObject({ month: '2022-02' });
    expect(await planned({ date: '2023-01-31' })).toMatchObject({ month: '2022-12' });
  });

  test('says whether the raw month is there', async () => {
    const deps = await planner();
    await deps.data.put(dataKeys.raw('green', APRIL), 'parquet');
    expect(await planned({}, deps)).toMatchObject({ present: true });
  });

  test('has nothing ingested when Score reads months from elsewhere', async () => {
    const deps = { ...(await planner()), inputPattern: 's3://theirs/{taxi_type}/{year:04d}-{month:02d}.parquet' };
    expect(await planned({}, deps)).toMatchObject({ present: true });
  });

  test('scores with the run that is named, if it fits', async () => {
    const deps = await planner();
    await deps.registry.register(runFiles({ run_id: aRun('b') }));
    await deps.registry.register(runFiles({ run_id: aRun('c'), taxi_type: 'yellow' }));
    expect(await planned({ run_id: aRun('b') }, deps)).toMatchObject({ run_id: aRun('b') });
    await expect(planned({ run_id: aRun('c') }, deps)).rejects.toThrow(/yellow rides and cannot score green/);
    await expect(planned({ run_id: aRun('d') }, deps)).rejects.toThrow(/no completed run d/);
  });

  test('without a champion says how to get one', async () => {
    const deps = { ...(await planner()), registry: new Registry(new MemoryStore(), NAMES) };
    await expect(planned({}, deps)).rejects.toThrow(/no champion for green taxis.*tripcast train/s);
  });

  test.each([
    [{ month: '2023-13' }, /month is "2023-13"/],
    [{ taxi_type: 'blue' }, /taxi_type is "blue"/],
    [{ run_id: 'latest' }, /run_id is "latest"/],
    [{ mounth: '2023-04' }, /unknown field "mounth"/],
    [{ scheduledTime: '<aws.scheduler.scheduled-time>' }, /scheduledTime is "<aws\.scheduler/],
  ])('refuses %j', (input, message) => {
    expect(() => request(input)).toThrow(message);
  });

  test('refuses a day that no calendar has', async () => {
    await expect(planned({ date: '2023-02-30' })).rejects.toThrow('date is "2023-02-30" (a day, YYYY-MM-DD)');
  });
});

describe('months still owed', () => {
  const months = async (input: object, deps: PlanDeps) =>
    (await planMonth(request(input), deps)).months.map(({ month, patient }) => `${month}${patient ? '' : ' once'}`);

  test('come before the scheduled one, the oldest first, and are asked for once', async () => {
    expect(await months({}, await planner())).toEqual(['2023-02 once', '2023-03 once', '2023-04']);
  });

  test('are those without a receipt of any run', async () => {
    const deps = await planner();
    await deps.data.put(dataKeys.receipt('green', parseMonth('2023-02'), aRun('b'), '0'.repeat(64)), '{}');
    await deps.data.put(dataKeys.receipt('yellow', parseMonth('2023-03'), aRun('b'), '0'.repeat(64)), '{}');
    expect(await months({}, deps)).toEqual(['2023-03 once', '2023-04']);
  });

  test('do not matter when a month or a day is named', async () => {
    const deps = await planner();
    expect(await months({ month: '2023-04' }, deps)).toEqual(['2023-04']);
    expect(await months({ date: '2023-05-15' }, deps)).toEqual(['2023-04']);
  });

  test('are not looked for with a look-back of 0', async () => {
    expect(await months({}, { ...(await planner()), lookBackMonths: 0 })).toEqual(['2023-04']);
  });
});

describe('planning a backfill', () => {
  const range = (input: object) => checkedInput(backfillRequestSchema, { from: '2022-12', to: '2023-02', ...input });

  test('lists the months oldest first, by default one at a time', async () => {
    const { months, maxConcurrency } = await planBackfill(range({}), await planner());
    expect(months.map(({ month }) => month)).toEqual(['2022-12', '2023-01', '2023-02']);
    expect(maxConcurrency).toBe(1);
    expect(new Set(months.map(({ run_id }) => run_id))).toEqual(new Set([aRun('a')]));
  });

  test('takes sixty months, and refuses more than ten years, which no execution could hand on', async () => {
    const sixty = await planBackfill(range({ from: '2018-01', to: '2022-12' }), await planner());
    expect(sixty.months).toHaveLength(60);
    const tooMany = planBackfill(range({ from: '2013-01', to: '2023-01' }), await planner());
    await expect(tooMany).rejects.toThrow('2013-01..2023-01 is 121 months; one execution takes at most 120.');
  });

  test('refuses a range that ends before it begins', async () => {
    const backwards = range({ from: '2023-02', to: '2023-01' });
    await expect(planBackfill(backwards, await planner())).rejects.toThrow('The range 2023-02..2023-01 is empty');
  });

  test.each([0, 41, 1.5])('refuses a concurrency of %j: to Step Functions 0 means unlimited', (maxConcurrency) => {
    expect(() => range({ maxConcurrency })).toThrow(/maxConcurrency is/);
  });
});
