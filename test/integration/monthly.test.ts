import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { beforeAll, describe, expect, test } from 'vitest';
import { invokeFunction } from '#adapters/lambda.ts';
import { followExecution, startExecution } from '#adapters/step-functions.ts';
import { currentSchema } from '#batch/current.ts';
import { type MonthOutcome, monthOutcomesSchema } from '#batch/outcome.ts';
import { receiptSchema } from '#batch/receipts.ts';
import { ingestMonths } from '#cli/commands/ingest.ts';
import { outcomesOf } from '#cli/month-executions.ts';
import { functionName } from '#lib/config/names.ts';
import { dataKeys } from '#storage/layout.ts';
import { sha256 } from '#storage/sha256.ts';
import { parseMonth } from '#trips/month.ts';
import { publishFrom } from '../support/deployed.ts';
import { ingested, monthsOfTheirOwn, statusOf } from '../support/months-of-their-own.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { realMonth } from '../support/tlc-files.ts';
import { sendFile, serverOf } from '../support/tlc-server.ts';

// A TLC of the tests' own, and months far from those of other tests; a day's wait takes no time here (SFN_WAIT_SCALE=0).

const own = await monthsOfTheirOwn('2023-04');
const { to, run, file } = own;

/** Months from the one on which they are published: at which question of it, counted from 1. */
async function tlc(publishedAt: Readonly<Record<string, number>>): Promise<Readonly<Record<string, number>>> {
  const asked: Record<string, number> = {};
  const listener: RequestListener = (request, response) => {
    const month = /green_tripdata_(.*)\.parquet$/.exec(request.url ?? '')?.[1] ?? '';
    asked[month] = (asked[month] ?? 0) + 1;
    if (asked[month] >= (publishedAt[month] ?? Number.POSITIVE_INFINITY)) sendFile(request, response, file);
    else response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
  };
  await publishFrom(await serverOf(listener));
  return asked;
}

async function runMonthly(input: object): Promise<readonly MonthOutcome[]> {
  const arn = await startExecution(to.output('MonthlyBatchArn'), { run_id: run, ...input });
  const end = await followExecution(arn, () => {});
  return outcomesOf(arn, end);
}

const jsonAt = async (key: string): Promise<unknown> =>
  JSON.parse(new TextDecoder().decode((await to.data.get(key))?.body));

const check = (scheduledTime: string) => invokeFunction(functionName('dev', 'check-month'), { scheduledTime });

describe('the monthly state machine, on a schedule at midnight of the 1st in Cairo', () => {
  test('waits for a month that is published at the third question, and asks once for those still owed', async () => {
    const asked = await tlc({ '2031-07': 3 });
    // 1 August, 0:00 in Cairo (UTC+3): July, although it is still July in UTC.
    const months = await runMonthly({ scheduledTime: '2031-07-31T21:00:00Z' });
    expect(months.map(statusOf)).toEqual([
      ...['2031-01', '2031-02', '2031-03', '2031-04', '2031-05', '2031-06'].map((month) => `${month} not-published`),
      '2031-07 scored',
    ]);
    expect(asked).toMatchObject({ '2031-01': 1, '2031-06': 1, '2031-07': 3 });
    expect(months.at(-1)).toMatchObject({ rows_in: 65_392, rows_scored: 62_979, evaluation: 'after-training' });
    expect(await jsonAt(dataKeys.current('green', parseMonth('2031-07')))).toMatchObject({ run_id: run, month: 7 });
  });

  test('started late still scores its own month, gives up on it after 25 days, and takes up what is owed', async () => {
    const asked = await tlc({ '2031-05': 1 });
    const months = await runMonthly({ scheduledTime: '2031-08-31T21:00:00Z' });
    expect(months.map(statusOf)).toEqual([
      '2031-02 not-published',
      '2031-03 not-published',
      '2031-04 not-published',
      '2031-05 scored',
      '2031-06 not-published',
      '2031-08 not-published',
    ]);
    expect(asked).toMatchObject({ '2031-06': 1, '2031-08': 25 });
  });

  test('scores a month that is named and nothing else, and says of one that fails why', async () => {
    const asked = await tlc({ '2031-10': 1 });
    expect((await runMonthly({ month: '2031-10' })).map(statusOf)).toEqual(['2031-10 scored']);
    expect((await runMonthly({ month: '2031-10' })).map(statusOf)).toEqual(['2031-10 unchanged']);
    expect((await runMonthly({ month: '2031-10', force: true })).map(statusOf)).toEqual(['2031-10 scored']);
    expect(asked).toEqual({ '2031-10': 1 });

    await publishFrom(await serverOf((_, response) => response.writeHead(400).end()));
    const [failed] = await runMonthly({ date: '2031-12-24' });
    expect(failed).toMatchObject({
      month: '2031-11',
      status: 'failed',
      note: expect.stringContaining('green_tripdata_2031-11.parquet answered 400'),
    });
  });
});

describe('a month that was published anew', () => {
  const month = parseMonth('2031-12');
  /** What the state machine makes of the month, and what is then current. */
  const score = async () => {
    const [outcome] = await runMonthly({ month });
    return { outcome, current: currentSchema.parse(await jsonAt(dataKeys.current('green', month))) };
  };

  test('is scored beside what it supersedes once it is ingested again, and is what the month now is', async () => {
    let edition = { body: file, etag: '"first"' };
    const source = await serverOf((request, response) => sendFile(request, response, edition.body, edition.etag));
    await publishFrom(source);
    const first = await score();
    expect(first.outcome).toMatchObject({ status: 'scored', rows_in: 65_392 });

    const refresh = () => ingestMonths(to, [month], { taxiType: 'green', source, refresh: true }, silentTerminal());
    expect(await refresh()).toMatchObject([{ outcome: 'already-there' }]);
    edition = { body: await readFile(realMonth('2023-03')), etag: '"second"' };
    expect(await refresh()).toMatchObject([{ outcome: 'replaced', rows: 72_044 }]);

    const second = await score();
    expect(second.outcome).toMatchObject({ status: 'scored', rows_in: 72_044, rows_scored: 69_392 });
    const [{ receipt: before }, { receipt: after, key }] = [first.current, second.current];
    expect(key).toBe(dataKeys.predictionsOfSource('green', month, run, sha256(edition.body)));
    expect(receiptSchema.parse(await jsonAt(after))).toMatchObject({ supersedes: before, rows: { in: 72_044 } });
    expect(receiptSchema.parse(await jsonAt(before))).toMatchObject({ rows: { in: 65_392 } });
    expect((await to.data.head(first.current.key))?.size).toBeGreaterThan(0);

    expect(await score()).toMatchObject({ outcome: { status: 'unchanged' }, current: second.current });
  });
});

describe('check-month, a day later', () => {
  beforeAll(async () => {
    const month = parseMonth('2034-07');
    await ingested(own, month);
    expect((await runMonthly({ month })).map(statusOf)).toEqual(['2034-07 scored']);
  });

  test('finds the receipt of the month, or says that it is missing, and puts that on a metric', async () => {
    expect(await check('2034-08-01T21:00:00Z')).toEqual({ taxi_type: 'green', month: '2034-07', found: 'receipt' });
    expect(await monthMissing()).toBe(0);
    expect(await check('2034-09-01T21:00:00Z')).toMatchObject({ month: '2034-08', found: 'nothing' });
    expect(await monthMissing()).toBe(1);
  });

  test('leaves an execution alone that waits for the month', async () => {
    let answer = () => {};
    const published = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const source = await serverOf(async (_, response) => {
      await published;
      response.writeHead(404).end();
    });
    await publishFrom(source);
    const arn = await startExecution(to.output('MonthlyBatchArn'), { month: '2034-09', run_id: run });
    expect(await check('2034-10-01T21:00:00Z')).toMatchObject({ month: '2034-09', found: 'running' });
    expect(await check('2034-09-01T21:00:00Z')).toMatchObject({ month: '2034-08', found: 'nothing' });
    answer();
    const end = await followExecution(arn, () => {});
    const { months } = monthOutcomesSchema.parse(end.outcome === 'succeeded' && end.output);
    expect(months.map(statusOf)).toEqual(['2034-09 not-published']);
  });
});

/** The largest value of the last minutes since it was last asked for. */
async function monthMissing(): Promise<number | undefined> {
  const cloudWatch = new CloudWatchClient({});
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: 'tripcast',
      MetricName: 'MonthMissing',
      Dimensions: [{ Name: 'environment', Value: 'dev' }],
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 60,
      Statistics: ['Maximum'],
    }),
  );
  cloudWatch.destroy();
  return Datapoints.map(({ Maximum }) => Maximum ?? Number.NaN).reduce((a, b) => Math.max(a, b), 0);
}
