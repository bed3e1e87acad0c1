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
    each.monitoring?.verdict ?? '–',
    decimals(each.seconds, 1),
  ]);
  const notes = months.flatMap(({ month, note, monitoring }) =>
    [note, monitoringNote(monitoring)].flatMap((each) => (each === null ? [] : [`${month}: ${each}`])),
  );
  const headings = ['month', 'status', 'rows', 'scored', 'RMSE min', 'evaluation', 'monitoring', 'seconds'];
  return [table(headings, rows), ...notes].join('\n');
}

/** What is worth a line: anything but a steady month. */
function monitoringNote(monitoring: MonthOutcome['monitoring']): string | null {
  if (monitoring === undefined || monitoring.verdict === 'steady') return null;
  if (monitoring.verdict === 'failed') return `It could not be monitored: ${monitoring.note}`;
  return `${monitoring.takeaway} See ${monitoring.page}`;
}

/** The months as `--json` prints them. */
export const monthsJson = (months: readonly MonthOutcome[]) => ({
  months: months.map(({ note, ...each }) => (note === null ? each : { ...each, note })),
});
