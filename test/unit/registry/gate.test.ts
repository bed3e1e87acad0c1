import { describe, expect, test } from 'vitest';
import type { Comparison } from '#model/evaluation/compare.ts';
import type { Figures } from '#model/evaluation/figures.ts';
import { bestAfter, verdictSchema } from '#registry/verdict.ts';
import { type Evidence, judge, judgeGolden } from '#training/gate.ts';
import { aRun } from '../../support/a-run.ts';
import { LIMITS } from '../../support/gate-limits.ts';

const figures = { rows: 62_979, rmse: 6.2, mae: 4, mape: 0.3, r2: 0.4, coverage_90: 0.9, coverage_80: 0.8 };
const champion = { run_id: aRun('c'), sequence: 3 };

const comparison = (changes: Partial<Comparison> = {}): Comparison => ({
  rows: 62_979,
  days: 30,
  a: { rmse: 6.2, mae: 4 },
  b: { rmse: 6.2, mae: 4 },
  rmse_difference: 0,
  interval: [-0.01, 0.01],
  ...changes,
});

/** Of a run that has nothing against it. */
const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  golden: { checked: 500, here: 0, exact: 1e-5 },
  data: {
    rows_read: 72_044,
    rows: 69_392,
    out_of_range: 2652,
    nulls: { PULocationID: 0, DOLocationID: 0, trip_distance: 0, pickup_time: 0 },
    zones: { pickup: 230, dropoff: 250 },
    repeated: [],
    validated_on_training: null,
  },
  figures: { given: figures, typical: figures },
  champion: { kind: 'no-champion' },
  ...changes,
});

const data = (changes: Partial<Evidence['data']>) => ({ data: { ...evidence().data, ...changes } });
const given = (changes: Partial<Figures>) => ({
  figures: { given: { ...figures, ...changes }, typical: figures },
});

describe('the gate', () => {
  test('passes a sound run, and says that there was no champion to compare it with', () => {
    const verdict = judge(evidence(), LIMITS);
    expect(verdict).toMatchObject({ outcome: 'passed', reasons: [], champion: null });
    expect(verdict.checks.every(({ passed }) => passed)).toBe(true);
    expect(verdict.checks.at(-1)?.said).toBe('There is no champion yet to compare it with');
  });

  test.each<[string, Partial<Evidence>, string]>([
    [
      'golden rides answered otherwise than in training',
      { golden: { checked: 500, here: 0.002, exact: 0 } },
      'On its 500 golden rides the graph is 0.002 min off (limit 0.0001)',
    ],
    [
      'a graph that is not its algebra',
      { golden: { checked: 500, here: 0, exact: 0.5 } },
      "0.5 min from the recipe's own algebra (limit 0.001)",
    ],
    ['too few rides', data({ rows: 4999 }), '4999 rides are left after cleaning; at least 5000 are needed'],
    [
      'durations out of range',
      data({ out_of_range: 10_000 }),
      '13.9% of the rides read lasted outside 1 to 60 minutes (limit 10.0%)',
    ],
    [
      'a column with nulls',
      data({ nulls: { PULocationID: 0, DOLocationID: 7204, trip_distance: 3602, pickup_time: 0 } }),
      '10.0% of the rides read have no DOLocationID (limit 5.0%)',
    ],
    [
      'one zone only',
      data({ zones: { pickup: 1, dropoff: 250 } }),
      'Rides start in 1 zones and end in 250; at least 50 of each are needed',
    ],
    [
      'a file used twice',
      data({ repeated: [['2023-03', '2023-04']] }),
      'The same file (by sha256) is used twice: for 2023-03 and 2023-04',
    ],
    [
      'figures on the very rides it was trained on',
      data({ validated_on_training: '2023-03' }),
      'It was validated on 2023-03, which it was trained on: that says nothing about new rides',
    ],
    ['nothing learnt', given({ r2: -0.0003 }), 'R2 on the validation rides is -0.0003; at least 0.1 is needed'],
    ['nothing to learn', given({ r2: null }), 'R2 on the validation rides is undefined'],
    [
      'intervals too narrow',
      given({ coverage_90: 0.8799 }),
      '88.0% of the validation rides (metered distance) are inside their 90% interval (limit 90% ± 2.0 points)',
    ],
    ['intervals too wide', given({ coverage_80: 0.8201 }), 'inside their 80% interval'],
    [
      'intervals that fail without a distance',
      { figures: { given: figures, typical: { ...figures, coverage_90: 0.78 } } },
      '78.0% of the validation rides (no distance given)',
    ],
    [
      'a worse error than the champion',
      {
        champion: {
          kind: 'compared',
          champion,
          refitted: true,
          comparison: comparison({ b: { rmse: 6.1499, mae: 4 }, rmse_difference: 0.0501, interval: [0.02, 0.08] }),
        },
      },
      `RMSE 6.2000 min on 62979 rides; the champion ${aRun('c')}, refitted without them: 6.1499 min (difference 0.0501, 95% interval 0.020..0.080); at most 0.05 more is allowed`,
    ],
  ])('refuses %s, with the figure and the limit', (_, changes, reason) => {
    const verdict = judge(evidence(changes), LIMITS);
    expect(verdict.outcome).toBe('refused');
    expect(verdict.reasons).toEqual([expect.stringContaining(reason)]);
  });

  test.each([
    ['just as many rides as needed', data({ rows: 5000 })],
    ['coverage at the very edge', given({ coverage_90: 0.88, coverage_80: 0.82 })],
    [
      'an error worse by the tolerance',
      {
        champion: { kind: 'compared', champion, refitted: false, comparison: comparison({ rmse_difference: 0.05 }) },
      } as const,
    ],
    [
      'a better error',
      {
        champion: { kind: 'compared', champion, refitted: false, comparison: comparison({ rmse_difference: -2 }) },
      } as const,
    ],
  ])('lets %s pass', (_, changes) => {
    expect(judge(evidence(changes), LIMITS)).toMatchObject({ outcome: 'passed', reasons: [] });
  });

  test('says "not-comparable" when a run fails nothing else, and refuses it otherwise', () => {
    const uncompared = { champion: { kind: 'not-comparable', champion, reason: 'its rides are gone' } } as const;
    const verdict = judge(evidence(uncompared), LIMITS);
    expect(verdict).toMatchObject({
      outcome: 'not-comparable',
      reasons: [`It cannot be compared with the champion ${aRun('c')}: its rides are gone`],
      champion: { ...champion, comparison: null },
    });
    expect(judge(evidence({ ...uncompared, ...given({ r2: 0 }) }), LIMITS).outcome).toBe('refused');
  });

  describe('with another best champion so far', () => {
    const best = { run_id: aRun('b'), sequence: 1 };
    const against = (worseThanChampion: number, worseThanBest: number): Partial<Evidence> => ({
      champion: {
        kind: 'compared',
        champion,
        refitted: false,
        comparison: comparison({
          b: { rmse: 6.2 - worseThanChampion, mae: 4 },
          rmse_difference: worseThanChampion,
        }),
      },
      best: {
        kind: 'compared',
        champion: best,
        refitted: false,
        comparison: comparison({ b: { rmse: 6.2 - worseThanBest, mae: 4 }, rmse_difference: worseThanBest }),
      },
    });

    test('refuses a run that keeps up with the champion and not with that one', () => {
      const verdict = judge(evidence(against(0.04, 0.08)), LIMITS);
      expect(verdict).toMatchObject({ outcome: 'refused', best: { ...best, comparison: { rmse_difference: 0.08 } } });
      expect(verdict.reasons).toEqual([
        expect.stringMatching(/the best champion so far b{32}: 6\.1200 min .*; at most 0\.05 more is allowed/),
      ]);
      expect(verdictSchema.parse(JSON.parse(JSON.stringify(verdict)))).toEqual(verdict);
    });

    test('is "not-comparable" when that alone cannot be compared', () => {
      const gone = { kind: 'not-comparable', champion: best, reason: 'its rides are gone' } as const;
      expect(judge(evidence({ ...against(0, 0), best: gone }), LIMITS)).toMatchObject({
        outcome: 'not-comparable',
        reasons: [`It cannot be compared with the best champion so far ${aRun('b')}: its rides are gone`],
      });
    });

    test.each([
      [0.04, 0.05, best],
      [0.05, 0.03, champion],
      [0.01, 0, champion],
      [-0.1, -0.1, undefined],
      [-0.1, 0.02, best],
    ])('a run that is worse than the champion by %d and than the best by %d leaves %o the best', (one, other, left) => {
      expect(bestAfter(judge(evidence(against(one, other)), LIMITS))).toEqual(left);
    });

    test('no chain of promotions ends up worse than the best by more than is allowed', () => {
      // Each run is as much worse than the champion as the gate lets through; the best stays the first one.
      const first = 6;
      let champion = first;
      for (let i = 0; i < 100; i += 1) {
        const run = champion + 0.03;
        const verdict = judge(evidence(against(run - champion, run - first)), LIMITS);
        if (verdict.outcome === 'passed') champion = run;
      }
      expect(champion - first).toBeLessThanOrEqual(LIMITS.bestToleranceMinutes);
    });
  });

  test('gives every reason at once', () => {
    expect(judge(evidence({ ...data({ rows: 1 }), ...given({ r2: 0 }) }), LIMITS).reasons).toHaveLength(2);
  });

  test('looks no further when the golden rides fail', () => {
    expect(judgeGolden({ checked: 500, here: Number.POSITIVE_INFINITY, exact: 0 })).toMatchObject({
      outcome: 'refused',
      checks: [{ check: 'golden rides', passed: false }],
    });
    expect(judgeGolden({ checked: 500, here: 1e-4, exact: 1e-3 })).toBeUndefined();
  });

  test('has a verdict that survives JSON', () => {
    const compared = { kind: 'compared', champion, refitted: true, comparison: comparison() } as const;
    const verdict = judge(evidence({ champion: compared }), LIMITS);
    expect(verdictSchema.parse(JSON.parse(JSON.stringify(verdict)))).toEqual(verdict);
  });
});
