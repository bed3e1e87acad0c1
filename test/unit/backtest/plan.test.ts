import { describe, expect, test } from 'vitest';
import { monthsOfWalk, planWalk, type WalkRequest, windowsOf } from '#backtest/plan.ts';
import { parsePolicy } from '#backtest/policy.ts';
import { parseMonths } from '#trips/month.ts';

/** The green months in data/tlc. */
const BUNDLED = new Set(parseMonths('2021-01..2021-02,2022-02..2022-05,2023-01..2023-04'));

function aRequest(range: string, policies: string, late = 0): WalkRequest {
  const months = parseMonths(range);
  const [from, to] = [months[0], months.at(-1)];
  if (from === undefined || to === undefined) throw new Error(`${range} is empty`);
  return { taxiType: 'green', from, to, late, policies: policies.split(' ').map(parsePolicy) };
}

const planned = (...request: Parameters<typeof aRequest>) => planWalk(aRequest(...request), BUNDLED);

describe('a fixed policy', () => {
  test('trains before the walk, and never again', () => {
    const [fixed] = planned('2022-04..2022-05', 'fixed:2');
    expect(fixed?.months.map(({ month, training }) => [month, training?.window])).toEqual([
      ['2022-04', ['2022-02', '2022-03']],
      ['2022-05', undefined],
    ]);
  });
});

describe('a rolling policy', () => {
  test('trains at the start of each month on what is published by then', () => {
    const [rolling] = planned('2023-03..2023-04', 'rolling:1', 1);
    expect(rolling?.months.map(({ newest, training }) => [newest, training?.window])).toEqual([
      ['2023-01', ['2023-01']],
      ['2023-02', ['2023-02']],
    ]);
  });

  test('meets months that the data lacks, as values: it cannot train on them, and they cannot be scored', () => {
    const [rolling] = planned('2022-05..2023-03', 'rolling:2');
    const found = rolling?.months.map(({ month, isThere, training }) => [month, isThere, training?.missing]);
    expect(found?.slice(0, 3)).toEqual([
      ['2022-05', true, []],
      ['2022-06', false, []],
      ['2022-07', false, ['2022-06']],
    ]);
    expect(found?.slice(-2)).toEqual([
      ['2023-02', true, ['2022-12']],
      ['2023-03', true, []],
    ]);
  });
});

test('policies share trainings: each window is trained once', () => {
  expect(windowsOf(planned('2023-03..2023-04', 'fixed:2 rolling:2 rolling:1'))).toEqual([
    ['2023-01', '2023-02'],
    ['2023-02', '2023-03'],
    ['2023-02'],
    ['2023-03'],
  ]);
});

test('a walk reads the months from the start of its longest window', () => {
  expect(monthsOfWalk(aRequest('2023-04', 'rolling:1 rolling:3', 1))).toEqual(parseMonths('2022-12..2023-04'));
});

describe('refused at once, with the fix:', () => {
  test.each([
    [
      'a walk without a month in the data',
      '2024-01..2024-02',
      'fixed',
      /None of the months 2024-01\.\.2024-02.*ingest/,
    ],
    ['a month that is not in the data', '2024-01', 'fixed', /2024-01 is not in the data/],
    [
      'a window longer than the data',
      '2023-03..2023-04',
      'rolling:1 rolling:24',
      /rolling:24 cannot train in any month of the walk: the closest window is 2021-04\.\.2023-03, and the data lacks 2021-04.*shorter window/,
    ],
    [
      'a fixed champion with a hole in its window',
      '2023-02..2023-04',
      'fixed',
      /fixed:3 cannot train before the walk: its window is 2022-11\.\.2023-01, and the data lacks 2022-11, 2022-12/,
    ],
  ])('%s', (_, range, policies, says) => expect(() => planned(range, policies)).toThrow(says));
});
