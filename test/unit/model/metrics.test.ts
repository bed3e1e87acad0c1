import { expect, test } from 'vitest';
import { Coverage, ErrorMetrics } from '#model/evaluation/metrics.ts';

function summaryOf(actual: readonly number[], predicted: readonly number[]) {
  const metrics = new ErrorMetrics();
  actual.forEach((minutes, i) => {
    metrics.add(minutes, predicted[i] ?? Number.NaN);
  });
  return metrics.summary();
}

test("gives the figures of scikit-learn's own examples", () => {
  // mean_absolute_error, r2_score and (root) mean_squared_error of its documentation's [3, -0.5, 2, 7], [2.5, 0, 2, 8]
  const { mae, r2, rmse } = summaryOf([3, -0.5, 2, 7], [2.5, 0, 2, 8]);
  expect(mae).toBeCloseTo(0.5, 12);
  expect(r2).toBeCloseTo(0.9486081370449679, 12);
  expect(rmse).toBeCloseTo(0.6123724356957945, 12);
});

test('relative errors are shares of the actual duration, and rides of no time have none', () => {
  expect(summaryOf([10, 20, 0], [11, 15, 3]).mape).toBeCloseTo((0.1 + 0.25) / 2, 12);
});

test('the spread of values far from zero is not lost', () => {
  const far = 1e9;
  const { r2 } = summaryOf([far + 1, far + 2, far + 3], [far + 1, far + 2, far + 2]);
  expect(r2).toBeCloseTo(0.5, 12);
});

test('says so when there is nothing to explain, or nothing at all', () => {
  expect(summaryOf([5, 5], [5, 6]).r2).toBeNull();
  expect(summaryOf([], [])).toMatchObject({ rows: 0, rmse: Number.NaN });
});

test('a value on a bound of its interval is inside', () => {
  const coverage = new Coverage();
  for (const actual of [0.9, 1, 2, 3, 3.1]) coverage.add(actual, 1, 3);
  expect(coverage.share).toBeCloseTo(3 / 5, 12);
});
