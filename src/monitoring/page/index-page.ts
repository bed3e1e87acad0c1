import { scrolling } from '#model/card/html/drawing.ts';
import { decimals } from '#model/card/html/format.ts';
import { type Html, html, NOTHING } from '#model/card/html/markup.ts';
import { page } from '#model/card/html/page.ts';
import { monthRange } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';
import { type MonthVerdict, verdictOf } from '../month-verdict.ts';
import type { MonthReport } from '../report-schema.ts';
import { lineChart } from './charts.ts';
import { REPORT_STYLE } from './style.ts';

/** What a month comes to, in the index. */
export interface IndexedMonth {
  readonly report: MonthReport;
  /** Where its page is, seen from the index. */
  readonly link: string;
}

/** index.html: all months of a taxi type on one page, latest first. @param months oldest first */
export function renderIndex(taxiType: TaxiType, months: readonly IndexedMonth[]): string {
  return page(
    `Monthly reports of ${taxiType} taxis`,
    REPORT_STYLE,
    html`<h1>Monthly reports <span class="quiet">${taxiType} taxis</span></h1>
<p class="takeaway">${takeaway(months.map(({ report }) => report))}</p>
${chart(months)}
${scrolling(
  'Months',
  html`<table class="lines middle"><thead><tr><th scope="col" class="text">Month</th><th scope="col" class="text">Verdict</th><th scope="col">MAE, min</th><th scope="col">Reference</th><th scope="col" class="text">Drifted columns</th><th scope="col" class="text">Run</th></tr></thead>
<tbody>${months.toReversed().map(row)}</tbody></table>`,
)}`,
  );
}

/** Months in training say nothing about new rides, so they are not counted. */
function takeaway(reports: readonly MonthReport[]): string {
  const counted = reports.filter(({ evaluation }) => evaluation !== 'in-training');
  const [first, last] = [counted[0], counted.at(-1)];
  if (first === undefined || last === undefined) return 'There is no report of a month that its model had not seen.';
  const of = (verdict: MonthVerdict) => counted.filter((report) => verdictOf(report) === verdict);
  const harmed = of('harm').map(({ month }) => month);
  const drifted = of('drifted').map(({ month }) => month);
  const range = first === last ? `In ${first.month}` : `From ${first.month} to ${last.month}`;
  const parts = [
    harmed.length === 0 ? 'no month exceeded its error limit' : `the error limit was exceeded in ${harmed.join(', ')}`,
    drifted.length === 0 ? 'no other month drifted' : `the data drifted without exceeding it in ${drifted.join(', ')}`,
  ];
  return `${range}, ${parts.join('; ')}.`;
}

function chart(months: readonly IndexedMonth[]): Html {
  const shown = months
    .map(({ report }) => report)
    .filter(({ evaluation, quality }) => evaluation !== 'in-training' && quality !== null);
  const [first, last] = [shown[0], shown.at(-1)];
  if (first === undefined || last === undefined || first === last) return NOTHING;
  const axis = monthRange(first.month, last.month);
  const reports = axis.map((month) => shown.find((report) => report.month === month));
  const drawn = lineChart(
    [
      { name: 'MAE', kind: 'current', values: reports.map((report) => report?.quality?.absolute_error.mean ?? null) },
      { name: 'limit', kind: 'limit', values: reports.map(limitOf) },
    ],
    axis,
    'Mean absolute error by month, minutes; the table below has the same figures',
  );
  return html`<figure>${drawn}<figcaption>Mean absolute error: ${mae(first)} min in ${first.month}, ${mae(last)} in ${last.month}. Gaps are months without labels or without a report, and months that their model was trained on.</figcaption></figure>`;
}

const limitOf = (report: MonthReport | undefined) =>
  report === undefined || report.harm.verdict === 'not-enough-data' ? null : report.harm.limit;

const mae = ({ quality }: MonthReport) => (quality === null ? '–' : decimals(quality.absolute_error.mean));

function row({ report, link }: IndexedMonth): Html {
  const { month, evaluation, reference, estimate, drift, run_id } = report;
  const verdict = verdictOf(report);
  const drifted = drift.columns.filter((column) => column.drifted).map(({ column }) => column);
  const mark =
    verdict === 'harm' || verdict === 'drifted'
      ? html`<span class="verdict bad">▲ ${WORDS[verdict]}</span>`
      : html`${WORDS[verdict]}`;
  return html`<tr><th scope="row"><a href="${link}">${month}</a>${evaluation === 'in-training' ? html`<small>in training: optimistic</small>` : NOTHING}</th><td class="text">${mark}</td><td>${mae(report)}</td><td>${decimals(estimate.reference_mae)} <small>${reference.month}</small></td><td class="text names">${drifted.length === 0 ? '–' : drifted.join(', ')}</td><td class="text"><code>${run_id.slice(0, 8)}</code></td></tr>
`;
}

const WORDS: Readonly<Record<MonthVerdict, string>> = {
  harm: 'error above the limit',
  drifted: 'drifted',
  steady: 'steady',
  'not-enough-data': 'not enough data',
};
