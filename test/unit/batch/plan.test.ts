import { describe, expect, test } from 'vitest';
import { backfillRequestSchema, monthRequestSchema, planBackfill, planMonth } from '../../../src/batch/plan.ts';
import { checkedInput } from '../../../src/batch/request.ts';
import { Registry } from '../../../src/registry/registry.ts';
import { dataKeys } from '../../../src/storage/layout.ts';
import { parseMonth } from '../../../src/trips/month.ts';
import { aRun } from '../../support/a-card.ts';
import { NAMES, runFiles } from '../../support/a-run.ts';
import { MemoryStore } from '../../support/memory-store.ts';

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
  } as const;
}

const request = (input: object) =>
  checkedInput(monthRequestSchema, { scheduledTime: '2023-05-15T00:00:00+03:00', ...input });

describe('planning a month', () => {
  test('scores the month before the scheduled time, with the champion', async () => {
    expect(await planMonth(request({}), await planner())).toEqual({
      taxi_type: 'green',
      month: '2023-04',
      run_id: aRun('a'),
      force: false,
      all: false,
      present: false,
    });
  });

  test("reads the scheduled time on the schedule's own clock", async () => {
    // Midnight of 1 June in Cairo (UTC+3) is 21:00 UTC on 31 May: the month before is May, not April.
    const { month } = await planMonth(request({ scheduledTime: '2023-05-31T21:00:00Z' }), await planner());
    expect(month).toBe('2023-05');
  });

  test('takes a month, or a day as if it were that day', async () => {
    const deps = await planner();
    expect((await planMonth(request({ month: '2022-02' }), deps)).month).toBe('2022-02');
    expect((await planMonth(request({ date: '2023-01-31' }), deps)).month).toBe('2022-12');
  });

  test('says whether the raw month is there', async () => {
    const deps = await planner();
    await deps.data.put(dataKeys.raw('green', parseMonth('2023-04')), 'parquet');
    expect((await planMonth(request({}), deps)).present).toBe(true);
  });

  test('scores with the run that is named, if it fits', async () => {
    const deps = await planner();
    await deps.registry.register(runFiles({ run_id: aRun('b') }));
    await deps.registry.register(runFiles({ run_id: aRun('c'), taxi_type: 'yellow' }));
    expect((await planMonth(request({ run_id: aRun('b') }), deps)).run_id).toBe(aRun('b'));
    await expect(planMonth(request({ run_id: aRun('c') }), deps)).rejects.toThrow(
      /yellow rides and cannot score green/,
    );
    await expect(planMonth(request({ run_id: aRun('d') }), deps)).rejects.toThrow(/no completed run d/);
  });

  test('without a champion says how to get one', async () => {
    const deps = { ...(await planner()), registry: new Registry(new MemoryStore(), NAMES) };
    await expect(planMonth(request({}), deps)).rejects.toThrow(/no green champion.*tripcast train/s);
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
    await expect(planMonth(request({ date: '2023-02-30' }), await planner())).rejects.toThrow(
      'There is no day "2023-02-30"',
    );
  });
});

describe('planning a backfill', () => {
  const range = (input: object) => checkedInput(backfillRequestSchema, { from: '2022-12', to: '2023-02', ...input });

  test('lists the months oldest first, one after the other unless told otherwise', async () => {
    const { months, maxConcurrency } = await planBackfill(range({}), await planner());
    expect(months.map(({ month }) => month)).toEqual(['2022-12', '2023-01', '2023-02']);
    expect(maxConcurrency).toBe(1);
    expect(new Set(months.map(({ run_id }) => run_id))).toEqual(new Set([aRun('a')]));
  });

  test.each([0, 41, 1.5])('refuses a concurrency of %j: to Step Functions 0 means unlimited', (maxConcurrency) => {
    expect(() => range({ maxConcurrency })).toThrow(/maxConcurrency is/);
  });
});
