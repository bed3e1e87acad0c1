import { describe, expect, test } from 'vitest';
import { newestPublished, parsePolicy, policyName, windowOf } from '#backtest/policy.ts';
import { parseMonth } from '#trips/month.ts';

const window = (policy: string, month: string, late: number) => windowOf(parsePolicy(policy), parseMonth(month), late);

describe('a policy', () => {
  test.each([
    ['fixed', 'fixed:3'],
    ['fixed:11', 'fixed:11'],
    ['rolling:1', 'rolling:1'],
    ['rolling:24', 'rolling:24'],
  ])('%s is %s', (text, name) => expect(policyName(parsePolicy(text))).toBe(name));

  test.each(['', 'rolling', 'rolling:', 'rolling:0', 'rolling:25', 'rolling:2.5', 'fixed:-1', 'Fixed', 'rolling:3 '])(
    '%j is none',
    (text) => expect(() => parsePolicy(text)).toThrow(/is not a policy.*fixed, fixed:N or rolling:N/),
  );
});

test('when a month begins, the newest published one ended as many months ago as publication takes', () => {
  expect(newestPublished(parseMonth('2023-09'), 2)).toBe('2023-06');
  expect(newestPublished(parseMonth('2023-01'), 0)).toBe('2022-12');
});

test('a training sees the newest published months, across the turn of a year too', () => {
  expect(window('rolling:3', '2023-09', 2)).toEqual(['2023-04', '2023-05', '2023-06']);
  expect(window('fixed', '2023-09', 2)).toEqual(['2023-04', '2023-05', '2023-06']);
  expect(window('rolling:2', '2023-03', 1)).toEqual(['2022-12', '2023-01']);
});
