import type { MonthReport } from './report-schema.ts';

/** What a person needs to know about a month, harm first, in a few sentences. */
export function takeawayOf(report: Omit<MonthReport, 'takeaway'>): string {
  return [errorSentence(report), driftSentence(report)].join(' ');
}

function errorSentence({ harm, quality, estimate, reference }: Omit<MonthReport, 'takeaway'>): string {
  const against = `${reference.month}'s ${estimate.reference_mae.toFixed(2)}`;
  if (harm.verdict === 'not-enough-data' || quality === null) {
    if (estimate.expected_mae === null) return 'There is not enough data to judge the errors.';
    return `There are not enough labels to judge the errors; the model's own intervals suggest a mean absolute error of ${estimate.expected_mae.toFixed(2)} min (against ${against}).`;
  }
  const error = `${quality.absolute_error.mean.toFixed(2)} min on average, against ${against}`;
  if (harm.verdict === 'harm') {
    return `Predictions are off by ${error}: the error has exceeded the limit of ${harm.limit.toFixed(2)}${harm.since === null ? '' : ` since ${harm.since}`}.`;
  }
  return `Predictions are off by ${error}: within the limit of ${harm.limit.toFixed(2)}.`;
}

function driftSentence({ drift, reference }: Omit<MonthReport, 'takeaway'>): string {
  const drifted = drift.columns.filter((column) => column.drifted).map(({ column }) => column);
  if (drift.verdict === 'not-enough-data') return 'There is not enough data to judge drift.';
  if (drifted.length === 0) return `No column has drifted since ${reference.month}.`;
  const [first = '', ...rest] = drifted;
  const names = rest.length === 0 ? first : `${drifted.slice(0, -1).join(', ')} and ${drifted.at(-1)}`;
  return `Since ${reference.month}, ${names} ${rest.length === 0 ? 'has' : 'have'} drifted.`;
}
