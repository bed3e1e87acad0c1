import type { Breakdown, GroupFigures } from '#model/evaluation/breakdown.ts';

/** Overall figures of which a group of {@link aGroup} is an ordinary part. */
export const OVERALL = {
  rmse: 6,
  mae: 4,
  coverage_90: 0.9,
  coverage_80: 0.8,
  typical_distance: { rmse: 7, mae: 5, coverage_90: 0.9, coverage_80: 0.8 },
};

/** A group of 1,000 rides with nothing weak about it. */
export function aGroup(group: string, changes: Partial<GroupFigures> = {}): GroupFigures {
  return { group, rows: 1000, ...OVERALL, ...changes };
}

export function aBreakdown(changes: Partial<Breakdown> = {}): Breakdown {
  return {
    hour_band: [aGroup('0-6'), aGroup('6-10')],
    hour: [aGroup('0'), aGroup('23')],
    pickup_borough: [aGroup('Manhattan'), aGroup('Bronx')],
    distance: [aGroup('0'), aGroup('1-2'), aGroup('10+')],
    zones: [aGroup('same zone'), aGroup('others')],
    baselines: { mean: { rmse: 9.65, mae: 7.13 }, pair_mean: { rmse: 6.94, mae: 4.33 } },
    ...changes,
  };
}
