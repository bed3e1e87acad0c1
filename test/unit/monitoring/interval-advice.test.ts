import { expect, test } from 'vitest';
import { intervalAdvice } from '#monitoring/interval-advice.ts';
import type { MonthReport } from '#monitoring/report-schema.ts';
import { aReport } from '../../support/a-report.ts';

const inside = (coverage_90: number): Partial<MonthReport> => {
  const { quality } = aReport();
  return { quality: quality && { ...quality, coverage_90 } };
};

test('intervals that miss 90% by more than two points are worth recalibrating, on that month', () => {
  expect(intervalAdvice(aReport(inside(0.8794)), 'prod')).toBe(
    '87.9% of the rides are inside the 90% interval, more than 2 points off. Recalibrate: npx tripcast models recalibrate --months 2023-04 --promote --env prod',
  );
  expect(intervalAdvice(aReport({ ...inside(0.93), taxi_type: 'yellow' }))).toMatch(
    /^93\.0% .* recalibrate --months 2023-04 --promote --taxi-type yellow$/,
  );
});

test.each<[string, Partial<MonthReport>]>([
  ['that hold their share', inside(0.881)],
  ['without labels', { quality: null }],
  ['on a month that the run was trained on', { ...inside(0.95), evaluation: 'in-training' }],
])('intervals %s are left alone', (_, changes) => {
  expect(intervalAdvice(aReport(changes), 'prod')).toBeUndefined();
});
