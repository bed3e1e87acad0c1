import { rangeOfMonths } from '#retraining/notice.ts';
import type { RetrainingOutcome } from '#retraining/outcome.ts';
import { decimals, table } from './terminal.ts';

/** The candidates of a retraining, one line each, and what counts against those that did not pass. */
export function retrainingTable({ status, month, best, candidates, left_out, champion }: RetrainingOutcome): string {
  const rows = candidates.map((each) => [
    each.name,
    rangeOfMonths(each.months),
    each.name === best && status === 'promoted' ? 'promoted' : each.status,
    decimals(each.rmse, 4),
    decimals(each.rmse_difference, 4),
    each.coverage_90 === null ? '–' : `${decimals(each.coverage_90 * 100, 1)}%`,
    each.run_id ?? '–',
  ]);
  const headings = ['candidate', 'months', 'verdict', 'RMSE min', 'more than the champion', 'in 90% interval', 'run'];
  const against = candidates.flatMap(({ name, reasons }) => reasons.map((reason) => `${name}: ${reason}`));
  return [
    ...(rows.length === 0 ? [] : [table(headings, rows)]),
    ...against,
    ...left_out.map(({ name, why }) => `${name}: left out, ${why}`),
    saidOf({ status, month, best, champion }),
  ].join('\n');
}

function saidOf({ status, month, best, champion }: Pick<RetrainingOutcome, 'status' | 'month' | 'best' | 'champion'>) {
  switch (status) {
    case 'promoted':
      return `promoted: champion #${champion?.sequence}, the ${best}`;
    case 'registered':
      return `not promoted, as requested: the ${best} is the best that passed`;
    case 'refused':
      return 'nothing passed, so the champion stays';
    case 'lost-race':
      return 'not promoted: another run became champion in the meantime';
    case 'no-candidates':
      return `nothing could be trained up to ${month}, so the champion stays`;
    case 'failed':
      return 'every candidate failed, so the champion stays';
  }
}
