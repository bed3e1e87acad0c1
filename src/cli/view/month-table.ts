import type { MonthOutcome } from '#batch/outcome.ts';
import { count, decimals, table } from './terminal.ts';

/** The results of months, one line each. */
export function monthTable(months: readonly MonthOutcome[]): string {
  const rows = months.map((each) => [
    each.month,
    each.status,
    count(each.rows_in),
    count(each.rows_scored),
    decimals(each.rmse, 3),
    each.evaluation ?? '–',
    decimals(each.seconds, 1),
  ]);
  const notes = months.flatMap((each) => (each.note === null ? [] : [`${each.month}: ${each.note}`]));
  const headings = ['month', 'status', 'rows', 'scored', 'RMSE min', 'evaluation', 'seconds'];
  return [table(headings, rows), ...notes].join('\n');
}

/** The months as `--json` prints them. */
export const monthsJson = (months: readonly MonthOutcome[]) => ({
  months: months.map(({ note, ...each }) => (note === null ? each : { ...each, note })),
});
