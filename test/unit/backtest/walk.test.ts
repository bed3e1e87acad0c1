import { describe, expect, test } from 'vitest';
import { planWalk } from '#backtest/plan.ts';
import { parsePolicy } from '#backtest/policy.ts';
import type { MonthFigures } from '#backtest/result.ts';
import { type Reign, type WalkWork, walkPolicy } from '#backtest/walk.ts';
import type { ModelFiles } from '#registry/registry.ts';
import type { Verdict } from '#registry/verdict.ts';
import { parseRunId } from '#storage/run-id.ts';
import { type Month, parseMonth, parseMonths } from '#trips/month.ts';
import { aCard } from '../../support/a-card.ts';

// The logic of a walk alone: what is trained, judged and scored comes from a script.

/** A run is known by the last month of its window: 2023-02 makes run 20230200…0. */
const runOf = (month: string) => parseRunId(month.replace('-', '').padEnd(32, '0'));

function aModel(window: readonly Month[]): ModelFiles {
  const months = window.map((month) => ({ month, sha256: 'a'.repeat(64), rows_read: 1, rows: 1 }));
  const card = aCard({ run_id: runOf(window.at(-1) ?? '') });
  const golden = {} as ModelFiles['golden']; // not looked at here
  return { card: { ...card, train: { ...card.train, months } }, model: new Uint8Array(), golden };
}

const FIGURES = { rmse: 1, mae: 1, bias: 0, coverage_90: 0.9, coverage_80: 0.8 };
const SCORED: MonthFigures = { rides: 1, metered: FIGURES, no_distance: FIGURES };

const PASSED: Verdict = {
  outcome: 'passed',
  reasons: [],
  checks: [{ check: 'champion', passed: true, said: 'It is better' }],
  champion: null,
};
const refusal = (reason: string): Verdict => ({ outcome: 'refused', reasons: [reason], checks: [], champion: null });

/** Walks through months of which all are there but `lacking`. */
async function walked(
  { from, to, policy, lacking = '' }: { from: string; to: string; policy: string; lacking?: string },
  verdicts: Readonly<Record<string, Verdict>> = {},
) {
  const asked: { readonly challenger: string; readonly reign: Reign | undefined }[] = [];
  const scored: string[] = [];
  const work: WalkWork = {
    trained: async (window) => aModel(window),
    judged: async ({ card }, reign) => {
      const newest = card.train.months.at(-1)?.month ?? '';
      asked.push({ challenger: newest, reign });
      return verdicts[newest] ?? PASSED;
    },
    scored: async ({ card }, month) => {
      scored.push(`${month} by ${card.train.months.at(-1)?.month}`);
      return { figures: SCORED };
    },
  };
  const available = new Set(parseMonths('2022-01..2023-12').filter((month) => !lacking.includes(month)));
  const range = { from: parseMonth(from), to: parseMonth(to), late: 0, taxiType: 'green' as const };
  const [planned] = planWalk({ ...range, policies: [parsePolicy(policy)] }, available);
  if (planned === undefined) throw new Error('There is no plan.');
  const { months, trained } = await walkPolicy(planned, work, () => {});
  const decisions = months.map(({ month, decision }) => `${month} ${decision}`);
  return { months, decisions, asked, scored, trained: trained.map(({ run_id }) => run_id) };
}

const QUARTER = { from: '2023-02', to: '2023-04' };

describe('a fixed policy', () => {
  test('scores every month with the champion that was trained before the walk', async () => {
    const { decisions, scored, trained } = await walked({ ...QUARTER, policy: 'fixed:2' });
    expect(decisions).toEqual(['2023-02 first', '2023-03 kept', '2023-04 kept']);
    expect(scored).toEqual(['2023-02 by 2023-01', '2023-03 by 2023-01', '2023-04 by 2023-01']);
    expect(trained).toEqual([runOf('2023-01')]);
  });
});

describe('a rolling policy', () => {
  test('scores a month with the challenger that the gate promoted at its start', async () => {
    const { decisions, scored, months } = await walked({ ...QUARTER, policy: 'rolling:1' });
    expect(decisions).toEqual(['2023-02 first', '2023-03 promoted', '2023-04 promoted']);
    expect(scored).toEqual(['2023-02 by 2023-01', '2023-03 by 2023-02', '2023-04 by 2023-03']);
    expect(months[1]?.why).toEqual(['It is better']);
  });

  test('keeps its champion when the gate refuses the challenger, and says why', async () => {
    const verdicts = { '2023-02': refusal('It is worse by 0.2 min') };
    const { decisions, scored, months, trained } = await walked({ ...QUARTER, policy: 'rolling:1' }, verdicts);
    expect(decisions).toEqual(['2023-02 first', '2023-03 refused', '2023-04 promoted']);
    expect(scored).toEqual(['2023-02 by 2023-01', '2023-03 by 2023-01', '2023-04 by 2023-03']);
    expect(months[1]).toMatchObject({ why: ['It is worse by 0.2 min'], trained_on: ['2023-02'] });
    expect(trained).toHaveLength(3); // a refused training is paid for, too
  });

  test('counts a run that cannot be compared as refused, as production does', async () => {
    const verdicts = { '2023-02': { ...refusal('It cannot be compared'), outcome: 'not-comparable' as const } };
    const { decisions } = await walked({ ...QUARTER, policy: 'rolling:1' }, verdicts);
    expect(decisions[1]).toBe('2023-03 refused');
  });

  test('makes its first run champion even if the gate would not, because there is nothing else', async () => {
    const { decisions, months } = await walked(
      { ...QUARTER, policy: 'rolling:1' },
      { '2023-01': refusal('Few rides') },
    );
    expect(decisions[0]).toBe('2023-02 first');
    expect(months[0]?.why).toEqual(['The gate would refuse it. Few rides']);
  });

  test('asks the gate about the champion of the moment, and about the best one so far', async () => {
    const isSlightlyWorse: Verdict = {
      ...PASSED,
      champion: {
        run_id: runOf('2023-01'),
        sequence: 1,
        refitted: false,
        comparison: {
          rows: 1,
          days: 1,
          a: { rmse: 4.03, mae: 3 },
          b: { rmse: 4, mae: 3 },
          rmse_difference: 0.03,
          interval: null,
        },
      },
    };
    const { asked } = await walked({ ...QUARTER, policy: 'rolling:1' }, { '2023-02': isSlightlyWorse });
    expect(asked).toEqual([
      { challenger: '2023-01', reign: undefined },
      { challenger: '2023-02', reign: { run_id: runOf('2023-01'), sequence: 1 } },
      {
        challenger: '2023-03',
        reign: { run_id: runOf('2023-02'), sequence: 2, best: { run_id: runOf('2023-01'), sequence: 1 } },
      },
    ]);
  });
});

describe('a month that the data lacks', () => {
  test('keeps the champion as long as it is in the window, and the table names it', async () => {
    const { decisions, months } = await walked({ ...QUARTER, policy: 'rolling:2', lacking: '2023-02' });
    expect(decisions).toEqual(['2023-02 first', '2023-03 kept', '2023-04 kept']);
    expect(months[1]?.why).toEqual(['The data lacks 2023-02, and the window is 2023-01..2023-02']);
    expect(months[2]?.why).toEqual(['The data lacks 2023-02, and the window is 2023-02..2023-03']);
  });

  test('is not scored', async () => {
    const { months, scored } = await walked({ ...QUARTER, policy: 'fixed:1', lacking: '2023-03' });
    expect(scored).toEqual(['2023-02 by 2023-01', '2023-04 by 2023-01']);
    expect(months[1]).toMatchObject({ figures: null, champion: { run_id: runOf('2023-01') } });
  });

  test('leaves no champion until a window is whole', async () => {
    const { decisions, scored } = await walked({ ...QUARTER, policy: 'rolling:2', lacking: '2022-12' });
    expect(decisions).toEqual(['2023-02 no-champion', '2023-03 first', '2023-04 promoted']);
    expect(scored).toEqual(['2023-03 by 2023-02', '2023-04 by 2023-03']);
  });
});
