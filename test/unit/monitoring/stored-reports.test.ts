import { expect, test } from 'vitest';
import type { MonthReport } from '#monitoring/report-schema.ts';
import { currentReports, findReport } from '#monitoring/stored-reports.ts';
import { dataKeys } from '#storage/layout.ts';
import { parseRunId } from '#storage/run-id.ts';
import { parseMonth } from '#trips/month.ts';
import { aReportOf } from '../../support/a-report.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => parseRunId(letter.repeat(32)));
const [JANUARY, FEBRUARY] = [parseMonth('2023-01'), parseMonth('2023-02')];

async function bucketOf(...reports: readonly MonthReport[]): Promise<MemoryStore> {
  const data = new MemoryStore('data');
  for (const report of reports) {
    await data.put(dataKeys.report('green', report.month, report.run_id), JSON.stringify(report));
  }
  return data;
}

/** Makes a run's predictions the current ones. */
const makeCurrent = (data: MemoryStore, run: string) =>
  data.put(
    dataKeys.current('green', JANUARY),
    JSON.stringify({
      taxi_type: 'green',
      year: 2023,
      month: 1,
      key: 'predictions/x.parquet',
      run_id: run.repeat(32),
      receipt: 'receipts/x.json',
      sha256: '0'.repeat(64),
    }),
  );

test('the report that counts is the one of the current predictions; without one, the latest', async () => {
  const data = await bucketOf(
    aReportOf({ month: '2023-02', run: 'b' }),
    aReportOf({ month: '2023-01', run: 'a', created_at: '2023-05-03T00:00:00.000Z' }),
    aReportOf({ month: '2023-01', run: 'b', created_at: '2023-05-01T00:00:00.000Z' }),
  );
  const chosen = async () => (await currentReports(data, 'green')).map(({ month, run_id }) => [month, run_id]);
  expect(await chosen()).toEqual([
    ['2023-01', A],
    ['2023-02', B],
  ]);
  await makeCurrent(data, 'b');
  expect(await chosen()).toEqual([
    ['2023-01', B],
    ['2023-02', B],
  ]);
});

test('a person gets the month and the run that they ask for, and the latest month by default', async () => {
  const data = await bucketOf(
    aReportOf({ month: '2023-01', run: 'a' }),
    aReportOf({ month: '2023-01', run: 'b' }),
    aReportOf({ month: '2023-02', run: 'b' }),
  );
  await makeCurrent(data, 'b');
  expect(await findReport(data, 'green', {})).toMatchObject({ month: '2023-02', run_id: B });
  expect(await findReport(data, 'green', { month: JANUARY })).toMatchObject({ month: '2023-01', run_id: B });
  expect(await findReport(data, 'green', { run: A })).toMatchObject({ month: '2023-01', run_id: A });
});

test('an unknown run, a month without a report, and a file that is no report are said', async () => {
  const data = await bucketOf(aReportOf({ month: '2023-01', run: 'a' }));
  await expect(findReport(data, 'green', { run: C })).rejects.toThrow(`no report of green taxis by run ${C}`);
  await expect(findReport(data, 'green', { month: FEBRUARY })).rejects.toThrow(
    'There is no report of green 2023-02. Make one with `tripcast monitor --taxi-type green --month 2023-02`',
  );
  await expect(findReport(data, 'yellow', {})).rejects.toThrow('no report of yellow taxis');
  await data.put(dataKeys.report('green', FEBRUARY, parseRunId('d'.repeat(32))), '{"month":');
  await expect(findReport(data, 'green', {})).rejects.toThrow(
    /s3:\/\/data\/reports\/.*is not a report of this version/,
  );
});
