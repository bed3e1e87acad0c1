import { expect, test } from 'vitest';
import { metricsOf } from '#monitoring/metrics.ts';
import type { MonthReport } from '#monitoring/report-schema.ts';
import { aColumn, aReport } from '../../support/a-report.ts';

const valuesOf = (report: MonthReport) => Object.fromEntries(metricsOf(report).map(({ name, value }) => [name, value]));
const { drift, estimate } = aReport();

test('a month that harmed puts its figures in minutes', () => {
  expect(metricsOf(aReport())).toEqual([
    { name: 'MonthHarmed', value: 1, unit: 'Count' },
    { name: 'MonthDrifted', value: 0, unit: 'Count' },
    { name: 'DriftedColumns', value: 0, unit: 'Count' },
    { name: 'MonthMae', value: 5.744, unit: 'None' },
    { name: 'MonthExpectedMae', value: 3.588, unit: 'None' },
    { name: 'MonthRmse', value: 8.1, unit: 'None' },
    { name: 'MonthCoverage90', value: 0.81, unit: 'None' },
  ]);
});

test('a month that drifted counts its columns', () => {
  const columns = [aColumn('a', 1, true), aColumn('b', 1, true), aColumn('c', 0, false)];
  expect(valuesOf(aReport({ drift: { ...drift, verdict: 'drifted', columns } }))).toMatchObject({
    MonthDrifted: 1,
    DriftedColumns: 2,
  });
});

test('what a month lacks is not sent, so that an alarm keeps its state: no 0 and no NaN', () => {
  const report = aReport({
    harm: { verdict: 'not-enough-data', days: 0 },
    drift: { ...drift, verdict: 'not-enough-data', columns: [] },
    quality: null,
    estimate: { ...estimate, expected_mae: null, factor: Number.NaN },
  });
  expect(metricsOf(report)).toEqual([]);
  expect(valuesOf(aReport({ estimate: { ...estimate, expected_mae: Number.NaN } }))).not.toHaveProperty(
    'MonthExpectedMae',
  );
});
