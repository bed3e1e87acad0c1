import type { MonthReport } from './report-schema.ts';
import { PREDICTION } from './scored-rides.ts';

/** What a person needs to know about a month, harm first, in a few sentences. */
export function takeawayOf(report: Omit<MonthReport, 'takeaway'>): string {
  return [errorSentence(report), driftSentence(report)].join(' ');
}

function errorSentence({ harm, quality, estimate, reference }: Omit<MonthReport, 'takeaway'>): string {
  const against = `${reference.month}'s ${estimate.reference_mae.toFixed(2)}`;
  if (harm.verdict === 'not-enough-data' || quality === null) {
    if (estimate.expected_mae === null) return 'There is not enough data to judge the errors.';
    return `There are not enough labels to judge the errors; the model's own intervals suggest a mean absolute error of ${estimate.expected_mae.toFixed(2)} min (against ${against})${estimate.harm.verdict === 'harm' ? `, above the limit of ${estimate.harm.limit.toFixed(2)}` : ''}.`;
  }
  const error = `${quality.absolute_error.mean.toFixed(2)} min on average, against ${against}`;
  if (harm.verdict === 'harm') {
    return `Predictions are off by ${error}: above the limit of ${harm.limit.toFixed(2)}${harm.since === null ? '' : `, as the rides up to ${harm.since} prove`}.`;
  }
  return `Predictions are off by ${error}: within the limit of ${harm.limit.toFixed(2)}.`;
}

/** The columns in the report's order: the prediction first. */
function driftSentence({ drift, reference }: Omit<MonthReport, 'takeaway'>): string {
  if (drift.verdict === 'not-enough-data') return 'There is not enough data to judge drift.';
  const drifted = drift.columns.filter((column) => column.drifted);
  if (drifted.length === 0) {
    return drift.verdict === 'drifted'
      ? `No column has drifted since ${reference.month}, but too many values are missing.`
      : `No column has drifted since ${reference.month}.`;
  }
  const limits = [...new Set(drifted.map(limitOf))];
  const named = drifted.map(
    (column) => `${nameOf(column)} (${amountOf(column)}${limits.length > 1 ? `, ${limitOf(column)}` : ''})`,
  );
  const [verb, beyond] = [drifted.length === 1 ? 'has' : 'have', limits.length > 1 ? '' : `; ${limits.join('')}`];
  return `Since ${reference.month}, ${listed(named)} ${verb} drifted${beyond}.`;
}

type DriftedColumn = MonthReport['drift']['columns'][number];

const nameOf = ({ column }: DriftedColumn) => (column === PREDICTION ? 'the predictions' : column);

/** A distance, or the p-value of a test, which is smaller the more has changed. */
const isTest = ({ method }: DriftedColumn) => method?.endsWith('p_value') ?? false;

const amountOf = (column: DriftedColumn) =>
  isTest(column) ? `p = ${(column.score ?? 0).toPrecision(2)}` : (column.score ?? 0).toFixed(2);

const limitOf = (column: DriftedColumn) =>
  `the limit is ${isTest(column) ? 'p = ' : ''}${(column.threshold ?? 0).toFixed(2)}`;

function listed(names: readonly string[]): string {
  return names.length === 1 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
