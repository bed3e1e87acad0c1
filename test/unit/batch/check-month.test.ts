import { describe, expect, test } from 'vitest';
import { checkMonth, checkRequestSchema, type RunningExecution } from '#batch/check-month.ts';
import { checkedInput } from '#function-input.ts';
import { dataKeys } from '#storage/layout.ts';
import { parseMonth } from '#trips/month.ts';
import { aRun } from '../../support/a-run.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const FROM_SCHEDULE = { taxi_type: 'green', scheduledTime: '2023-05-15T21:00:00Z' }; // midnight of the 16th in Cairo

async function check(
  input: unknown,
  { running = [], data = new MemoryStore() }: { running?: readonly RunningExecution[]; data?: MemoryStore } = {},
) {
  const metrics: Record<string, number> = {};
  const found = await checkMonth(checkedInput(checkRequestSchema, input), {
    data,
    defaultTaxiType: 'green',
    timeZone: 'Africa/Cairo',
    monthsBack: 1,
    executions: {
      async *running() {
        yield* running;
      },
    },
    metrics: {
      async put(name, value) {
        metrics[name] = value;
      },
    },
    clock: new ManualClock(Date.parse('2023-05-15T21:00:07Z')),
  });
  return { ...found, metrics };
}

const started = (input: unknown, at = '2023-05-14T21:00:03Z'): RunningExecution => ({
  input,
  startedAt: new Date(at),
});

describe('checking a month', () => {
  test('that nobody scored and nobody is working on is reported missing', async () => {
    expect(await check(FROM_SCHEDULE)).toEqual({
      taxi_type: 'green',
      month: '2023-04',
      found: 'nothing',
      metrics: { MonthMissing: 1 },
    });
  });

  test('finds the receipt of any run', async () => {
    const data = new MemoryStore();
    await data.put(dataKeys.receipt('green', parseMonth('2023-04'), aRun('b'), '0'.repeat(64)), '{}');
    expect(await check(FROM_SCHEDULE, { data })).toMatchObject({ found: 'receipt', metrics: { MonthMissing: 0 } });
  });

  test('does not mistake a receipt of another month or taxi type for it', async () => {
    const data = new MemoryStore();
    await data.put(dataKeys.receipt('green', parseMonth('2023-03'), aRun('b'), '0'.repeat(64)), '{}');
    await data.put(dataKeys.receipt('yellow', parseMonth('2023-04'), aRun('b'), '0'.repeat(64)), '{}');
    expect(await check(FROM_SCHEDULE, { data })).toMatchObject({ found: 'nothing' });
  });

  test('finds an execution that waits for the month, and reads its input as the state machine does', async () => {
    const fromSchedule = { taxi_type: 'green', scheduledTime: '2023-05-14T21:00:00Z' };
    const literally = { taxi_type: 'green', scheduledTime: '<aws.scheduler.scheduled-time>' };
    for (const input of [fromSchedule, literally, {}, { month: '2023-04', run_id: aRun('a'), force: true }]) {
      expect(await check(FROM_SCHEDULE, { running: [started(input)] })).toMatchObject({
        found: 'running',
        metrics: { MonthMissing: 0 },
      });
    }
  });

  test('is not put off by executions for other months or with an input that Plan refuses', async () => {
    const running = [{ month: '2022-01' }, { taxi_type: 'yellow' }, { month: 'x' }, 'x', null].map((input) =>
      started(input),
    );
    expect(await check(FROM_SCHEDULE, { running })).toMatchObject({ found: 'nothing' });
  });

  test('without a scheduled time looks for the month before now', async () => {
    expect(await check({})).toMatchObject({ month: '2023-04' });
    expect(await check({ scheduledTime: '<aws.scheduler.scheduled-time>' })).toMatchObject({ month: '2023-04' });
  });
});
