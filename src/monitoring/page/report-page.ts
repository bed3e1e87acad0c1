import { scrolling } from '#model/card/html/drawing.ts';
import { count, decimals, percent, signed } from '#model/card/html/format.ts';
import { type Html, html, NOTHING } from '#model/card/html/markup.ts';
import { page } from '#model/card/html/page.ts';
import { type Month, monthRange } from '#trips/month.ts';
import { intervalAdvice } from '../interval-advice.ts';
import type { MonthReport } from '../report-schema.ts';
import { lineChart } from './charts.ts';
import { driftSection } from './drift-section.ts';
import { calibrationSection, daysSection, segmentsSection } from './error-section.ts';
import { REPORT_STYLE } from './style.ts';
import { zoneMap } from './zone-map.ts';

/** A month's line in the trend. */
export interface TrendMonth {
  readonly month: Month;
  readonly runId: string;
  /** Minutes; null = no labels. */
  readonly mae: number | null;
  readonly bias: number | null;
  readonly coverage90: number | null;
  readonly drift: MonthReport['drift']['verdict'];
}

/**
 * report.html: a month's report as a page for people. It is self-contained (no scripts, no requests to anywhere), and
 * every string from outside is escaped.
 * @param trend the months before, oldest first, measured on rides that their models had not seen
 */
export function renderReport(report: MonthReport, trend: readonly TrendMonth[] = []): string {
  return page(
    `${report.month}, ${report.taxi_type} taxis: monthly report`,
    REPORT_STYLE,
    html`${headline(report)}
${trendSection(report, trend)}
${daysSection(report)}
${driftSection(report)}
${calibrationSection(report)}
${segmentsSection(report)}
${zoneMap(report)}
${qualityTable(report)}
${origin(report)}`,
  );
}

function headline(report: MonthReport): Html {
  const { month, taxi_type: taxiType, quality, harm, drift, estimate, reference, rows } = report;
  const advice = intervalAdvice(report);
  const isHarm = harm.verdict === 'harm';
  const driftedColumns = drift.columns.filter((column) => column.drifted).length;
  return html`<header>
<h1>${month} <span class="quiet">${taxiType} taxis</span></h1>
<p class="takeaway">${report.takeaway}</p>
${report.evaluation === 'in-training' ? html`<p><strong class="weak">Optimistic:</strong> the model was trained on this month. Its errors here are no measure of how well it predicts.</p>` : NOTHING}
${reference.in_training ? html`<p class="quiet">The model was trained on ${reference.month}, so the reference flatters it.</p>` : NOTHING}
<dl class="tiles">
${tile(isHarm ? 'bad' : 'good', 'Mean absolute error, minutes', quality === null ? '–' : decimals(quality.absolute_error.mean), ` was ${decimals(estimate.reference_mae)}`)}
${tile(isHarm ? 'bad' : 'good', 'Error within the limit?', HARM[harm.verdict])}
${tile(driftedColumns > 0 ? 'bad' : 'good', 'Columns that drifted', String(driftedColumns), ` of ${drift.columns.length}`)}
${tile('', 'Inside the 90% interval', quality === null ? '–' : percent(quality.coverage_90))}
</dl>
${advice === undefined ? NOTHING : html`<p>${advice}</p>`}
<p class="quiet">${count(rows.scored)} rides scored, ${count(rows.labelled)} of them with a known duration, against ${count(rows.reference)} of ${reference.month}.</p>
</header>`;
}

const HARM = { harm: 'no', 'no-harm': 'yes', 'not-enough-data': 'unknown' } as const;

const tile = (kind: string, name: string, figure: string, unit = ''): Html =>
  html`<div class="${kind}"><dt>${name}</dt><dd>${figure}<small>${unit}</small></dd></div>`;

function trendSection(report: MonthReport, trend: readonly TrendMonth[]): Html {
  if (trend.length === 0) return NOTHING;
  const months = [...trend, trendOf(report)];
  const axis = monthRange(months[0]?.month ?? report.month, report.month);
  const known = months.filter(({ mae }) => mae !== null);
  const [first, last] = [known[0], known.at(-1)];
  const chart = lineChart(
    [
      {
        name: 'MAE',
        kind: 'current',
        values: axis.map((month) => months.find((each) => each.month === month)?.mae ?? null),
      },
    ],
    axis,
    'Mean absolute error by month, minutes; the table below has the same figures',
  );
  return html`<h2 id="trend">Month by month</h2>
<figure>${chart}<figcaption>${first?.mae != null && last?.mae != null ? `From ${decimals(first.mae)} min in ${first.month} to ${decimals(last.mae)} in ${last.month}. ` : ''}Gaps are months without a report, and months that their model was trained on.</figcaption></figure>
<details><summary>Figures by month</summary>${scrolling(
    'Figures by month',
    html`<table class="lines"><thead><tr><th scope="col" class="text">Month</th><th scope="col">MAE</th><th scope="col">Bias</th><th scope="col">in 90%</th><th scope="col" class="text">Drift</th><th scope="col" class="text">Run</th></tr></thead>
<tbody>${months.map(({ month, mae, bias, coverage90, drift, runId }) => html`<tr><th scope="row">${month}</th><td>${mae === null ? '–' : decimals(mae)}</td><td>${bias === null ? '–' : signed(bias)}</td><td>${coverage90 === null ? '–' : percent(coverage90)}</td><td class="text">${drift.replaceAll('-', ' ')}</td><td class="text"><code>${runId.slice(0, 8)}</code></td></tr>`)}</tbody></table>`,
  )}</details>`;
}

/** A report's own line in the trend of later ones. */
export const trendOf = ({ month, run_id, quality, drift }: MonthReport): TrendMonth => ({
  month,
  runId: run_id,
  mae: quality?.absolute_error.mean ?? null,
  bias: quality?.error.mean ?? null,
  coverage90: quality?.coverage_90 ?? null,
  drift: drift.verdict,
});

function qualityTable({ quality, reference_quality: before, month, reference }: MonthReport): Html {
  const columns = [
    ...(quality === null ? [] : [{ name: month as string, of: quality }]),
    { name: reference.month as string, of: before },
  ];
  const line = (name: string, value: (of: typeof before) => string) =>
    html`<tr><th scope="row">${name}</th>${columns.map(({ of }) => html`<td>${value(of)}</td>`)}</tr>\n`;
  const std = (value: number | null) => (value === null ? '–' : decimals(value));
  return html`<h2 id="figures">All figures</h2>
${scrolling(
  'All figures',
  html`<table class="lines"><thead><tr><th scope="col" class="text">Minutes</th>${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>
${line('Labelled rides', (of) => count(of.rows))}${line('Mean absolute error', (of) => decimals(of.absolute_error.mean, 4))}${line('its standard deviation', (of) => std(of.absolute_error.std))}${line('… of the best constant', (of) => decimals(of.dummy.mae, 4))}${line('Mean error (predicted − actual)', (of) => signed(of.error.mean))}${line('its standard deviation', (of) => std(of.error.std))}${line('RMSE', (of) => decimals(of.rmse, 4))}${line('… of the best constant', (of) => decimals(of.dummy.rmse, 4))}${line('Mean absolute percentage error', (of) => `${decimals(of.percentage_error.mean, 1)}%`)}${line('… of the best constant', (of) => `${decimals(of.dummy.mape, 1)}%`)}${line('R²', (of) => (of.r2 === null ? '–' : decimals(of.r2, 4)))}${line('Largest error', (of) => decimals(of.max_error))}${line('Inside the 90% interval', (of) => percent(of.coverage_90))}
</tbody></table>`,
)}`;
}

const origin = (report: MonthReport): Html => html`<h2 id="origin">Where this comes from</h2>
<dl class="pairs"><dt>Run</dt><dd><code>${report.run_id}</code></dd><dt>Month against the training</dt><dd>${report.evaluation.replaceAll('-', ' ')}</dd><dt>Code</dt><dd><code>${report.code_version}</code></dd><dt>Made</dt><dd>${report.created_at}</dd></dl>`;
