import type { DifferenceFigures } from '#model/evaluation/differences.ts';
import { count, decimals, table } from './terminal.ts';

export type NamedDifferences = DifferenceFigures & { readonly grouping: string; readonly group: string };

const GROUPING_TEXT: Readonly<Record<string, string>> = {
  pickup_borough: 'pickup borough',
  hour_band: 'hours',
  distance: 'distance',
};

/** How far one run's predictions are from another's: overall, then group by group. */
export function differencesTable(all: DifferenceFigures, groups: readonly NamedDifferences[]): string {
  const line = (name: string, of: DifferenceFigures) => [
    name,
    count(of.rides),
    decimals(of.mean_difference, 2),
    decimals(of.mean_absolute, 2),
    of.over_a_minute === null ? '–' : `${decimals(100 * of.over_a_minute, 1)}%`,
    decimals(of.largest, 1),
  ];
  return table(
    ['rides of', 'rides', 'mean difference min', 'mean absolute min', 'over a minute', 'largest min'],
    [
      line('all', all),
      ...groups.map((each) => line(`${GROUPING_TEXT[each.grouping] ?? each.grouping} ${each.group}`, each)),
    ],
  );
}
