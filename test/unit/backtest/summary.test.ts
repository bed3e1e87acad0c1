import { describe, expect, test } from 'vitest';
import type { BacktestFigures, MonthOutcome, PolicyResult } from '#backtest/result.ts';
import { sharedMonths, summarize, takeawayOf } from '#backtest/summary.ts';
import { parseMonth } from '#trips/month.ts';

const figures = (rmse: number, coverage_90 = 0.9, bias = 0): BacktestFigures => ({
  ...{ rmse, mae: rmse / 2, bias, coverage_90 },
  coverage_80: 0.8,
});

const aMonth = (month: string, rides: number, metered: BacktestFigures, no_distance = metered): MonthOutcome => ({
  month: parseMonth(month),
  decision: 'kept',
  why: [],
  trained_on: null,
  champion: null,
  recalibrated_on: null,
  figures: { rides, metered, no_distance },
});

const unscored = (month: string): MonthOutcome => ({ ...aMonth(month, 1, figures(1)), figures: null });

const months = (...names: string[]) => new Set(names.map(parseMonth));

describe('figures over several months', () => {
  const two = [aMonth('2023-01', 100, figures(3, 0.91, 0.5)), aMonth('2023-02', 300, figures(5, 0.86, -0.5))];
  const all = summarize(two, months('2023-01', '2023-02'));

  test('are those of all rides together: squared errors, not errors, are averaged', () => {
    expect(all?.metered.rmse).toBeCloseTo(Math.sqrt((100 * 9 + 300 * 25) / 400), 12); // 4.583
    expect(all?.metered.mae).toBeCloseTo((100 * 1.5 + 300 * 2.5) / 400, 12);
    expect(all?.metered.bias).toBeCloseTo(-0.25, 12);
    expect(all?.metered.coverage_90).toBeCloseTo((91 + 258) / 400, 12);
    expect(all).toMatchObject({ months: 2, rides: 400 });
  });

  test('name the month whose coverage is farthest from 90%, on either side', () => {
    expect(all?.worst_coverage_90.metered).toEqual({ month: '2023-02', share: 0.86 });
    const high = summarize([...two, aMonth('2023-03', 1, figures(1, 0.97))], months('2023-01', '2023-03'));
    expect(high?.worst_coverage_90.metered).toEqual({ month: '2023-03', share: 0.97 });
  });

  test('leave out months that another policy did not score', () => {
    const other = { months: [unscored('2023-01'), aMonth('2023-02', 300, figures(5))] };
    const shared = sharedMonths([{ months: two }, other]);
    expect([...shared]).toEqual(['2023-02']);
    expect(summarize(two, shared)?.metered.rmse).toBe(5);
  });

  test('are null where there is none', () => {
    expect(summarize([unscored('2023-01')], months('2023-01'))).toBeNull();
  });
});

describe('the takeaway', () => {
  const aPolicy = (policy: string, rmse: number, how: Partial<PolicyResult> = {}): PolicyResult => {
    const outcomes = [aMonth('2023-02', 10, figures(rmse), figures(rmse + 1))];
    const counts = { trained: 1, promoted: 0, refused: 0, seconds: 60, dollars: 0.002 };
    return { policy, months: outcomes, ...counts, all: summarize(outcomes, months('2023-02')), ...how };
  };

  test('names the policy with the smallest error, those of the others, and what it took', () => {
    const said = takeawayOf([aPolicy('fixed:3', 4.5), aPolicy('rolling:3', 4.2, { trained: 3, refused: 1 })]);
    expect(said).toBe(
      'On the one month that all policies scored, rolling:3 predicts best: RMSE 4.200 min with the metered distance and 5.200 without one; fixed:3 has 4.500 min with the metered distance and 5.500 without one. rolling:3 took 3 trainings, $0.0020; the gate refused 1 of 2 challengers.',
    );
  });

  test('says so when another one is as good as the best', () => {
    const said = takeawayOf([aPolicy('fixed:3', 4.22), aPolicy('rolling:3', 4.2), aPolicy('rolling:1', 4.3)]);
    expect(said).toMatch(
      /^On the one month .*, rolling:3 predicts best, but fixed:3 is within 0\.05 min of it: RMSE 4\.200/,
    );
  });

  test('compares nothing that cannot be compared', () => {
    expect(takeawayOf([aPolicy('fixed:3', 4.5, { all: null })])).toMatch(/No month was scored by all policies/);
  });
});
