import type { Backtest, BacktestFigures, MonthOutcome, PolicyResult } from '#backtest/result.ts';
import { sharedMonths, summarize, takeawayOf } from '#backtest/summary.ts';
import { type Month, parseMonths } from '#trips/month.ts';
import { aRun } from './a-run.ts';

const figures = (rmse: number, bias: number, coverage_90: number): BacktestFigures => ({
  ...{ rmse, mae: rmse * 0.65, bias, coverage_90 },
  coverage_80: coverage_90 - 0.1,
});

interface Lived {
  readonly decision: MonthOutcome['decision'];
  readonly why?: readonly string[];
  readonly rmse?: number;
  readonly bias?: number;
  readonly coverage?: number;
}

function outcomeOf(month: Month, { decision, why = [], rmse, bias = 0, coverage = 0.9 }: Lived): MonthOutcome {
  const hasTrained = decision !== 'kept' && decision !== 'no-champion';
  return {
    month,
    decision,
    why: [...why],
    trained_on: hasTrained ? [month] : null,
    champion:
      decision === 'no-champion' ? null : { run_id: aRun('a'), trained_on: [...parseMonths('2022-11..2023-01')] },
    recalibrated_on: null,
    figures:
      rmse === undefined
        ? null
        : {
            rides: 60_000,
            metered: figures(rmse, bias, coverage),
            no_distance: figures(rmse + 1.1, bias - 0.1, coverage - 0.004),
          },
  };
}

const MONTHS = parseMonths('2023-02..2023-06');

/** Two policies over five months: one champion ages, the other is replaced, and one challenger is refused. */
export function aBacktest(changes: Partial<Backtest> = {}): Backtest {
  const lives: Readonly<Record<string, readonly Lived[]>> = {
    'fixed:3': [
      { decision: 'first', rmse: 4.1, bias: -0.1, coverage: 0.897 },
      { decision: 'kept', rmse: 4.25, bias: -0.35, coverage: 0.889 },
      { decision: 'kept', rmse: 4.4, bias: -0.6, coverage: 0.882 },
      { decision: 'kept' },
      { decision: 'kept', rmse: 4.6, bias: -0.9, coverage: 0.871 },
    ],
    'rolling:3': [
      { decision: 'no-champion', why: ['The data lacks 2022-11 of 2022-11..2023-01'] },
      { decision: 'first', rmse: 4.2, bias: -0.2, coverage: 0.9 },
      { decision: 'promoted', why: ['It is better'], rmse: 4.22, bias: -0.1, coverage: 0.902 },
      { decision: 'refused', why: ['It is worse by 0.2 min; at most 0.05 is allowed'] },
      { decision: 'promoted', why: ['It is better'], rmse: 4.3, bias: 0.05, coverage: 0.899 },
    ],
  };
  const walked = Object.entries(lives).map(([policy, all]) => ({
    policy,
    months: MONTHS.flatMap((month, i) => (all[i] === undefined ? [] : [outcomeOf(month, all[i])])),
  }));
  const shared = sharedMonths(walked);
  const policies = walked.map(({ policy, months }): PolicyResult => {
    const count = (decision: string) => months.filter((each) => each.decision === decision).length;
    const [promoted, refused, first] = [count('promoted'), count('refused'), count('first')];
    const trained = promoted + refused + first;
    const cost = { seconds: 77 * trained, dollars: 0.0026 * trained };
    return { policy, months, trained, promoted, refused, ...cost, all: summarize(months, shared) };
  });
  const [from, to] = [MONTHS[0], MONTHS.at(-1)];
  if (from === undefined || to === undefined) throw new Error('There are no months.');
  return {
    schema_version: 1,
    taxi_type: 'green',
    recipe: 'zone-map',
    ...{ from, to, late: 0, recalibrate: false, policies },
    takeaway: takeawayOf(policies),
    notes: [],
    created_at: '2026-11-30T00:00:00.000Z',
    ...changes,
  };
}
