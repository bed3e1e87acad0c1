import { scrolling } from '#model/card/html/drawing.ts';
import { count, decimals, percent } from '#model/card/html/format.ts';
import { type Html, html, NOTHING } from '#model/card/html/markup.ts';
import type { MonthReport } from '../report-schema.ts';
import { range, shape } from './charts.ts';

type Column = MonthReport['drift']['columns'][number];

/** A line per column: verdict, score, interval, and both distributions; then the distributions as tables. */
export function driftSection({ drift, classifier, reference, month }: MonthReport): Html {
  const drifted = drift.columns.filter((column) => column.drifted);
  const drawn = drift.columns.filter(({ distribution }) => distribution !== undefined);
  return html`<h2 id="drift">Has the data changed?</h2>
<p>${drifted.length === 0 ? html`No column of ${month} differs from ${reference.month} by more than the limit.` : html`${drifted.length} of ${drift.columns.length} columns differ from ${reference.month} by more than the limit: ${drifted.map(({ column }) => column).join(', ')}.`} ${METHODS[drift.preset]}</p>
${scrolling(
  'Drift by column',
  html`<table class="lines middle">
<thead><tr><th scope="col" class="text">Column</th><th scope="col" class="text">Verdict</th><th scope="col">Score</th><th scope="col" class="text">Interval and limit</th><th scope="col" class="text">${reference.month} (outline) and ${month} (filled)</th></tr></thead>
<tbody>
${drift.columns.map((column) => row(column))}
</tbody></table>`,
)}
${schemaChanges(drift)}
${classifier === undefined ? NOTHING : explanation(classifier, reference.month, month)}
<details><summary>The distributions as tables</summary>${drawn.map((column) => distributionTable(column, reference.month, month))}</details>`;
}

const METHODS: Readonly<Record<MonthReport['drift']['preset'], string>> = {
  tripcast:
    'The score is a distance without its bias (normed Wasserstein for numbers, Jensen-Shannon for codes). A column has drifted when even the low end of its interval, which resamples whole days, is above the limit, after Holm’s correction.',
  evidently: 'Methods and limits are those of Evidently 0.7.',
  classic:
    'Methods are those of Evidently 0.7; the data as a whole is judged by the prediction, three drifted columns, or 5% missing values.',
};

function row(column: Column): Html {
  const { interval, threshold, distribution, missing } = column;
  return html`<tr><th scope="row"><code>${column.column}</code>${missing.current + missing.reference > 0 ? html`<small>${percent(missing.current)} missing, was ${percent(missing.reference)}</small>` : NOTHING}</th><td class="text">${verdictText(column)}</td><td>${column.score === null ? '–' : decimals(column.score, 3)}</td>
<td class="text">${interval && threshold !== null ? html`${range(interval, threshold)}<small>${decimals(interval[0], 3)} to ${decimals(interval[1], 3)}, limit ${decimals(threshold)}</small>` : threshold === null ? '–' : html`<small>limit ${decimals(threshold)}</small>`}</td>
<td class="text">${distribution ? shape(distribution.reference, distribution.current) : '–'}</td></tr>
`;
}

function verdictText({ verdict }: Column): Html {
  if (verdict === 'drifted') return html`<span class="verdict bad">▲ drifted</span>`;
  return html`<span class="verdict">${verdict === 'steady' ? 'steady' : 'not enough data'}</span>`;
}

function schemaChanges({ only_in_reference: gone, only_in_current: added }: MonthReport['drift']): Html {
  if (gone.length + added.length === 0) return NOTHING;
  const part = (names: readonly string[], what: string) => (names.length === 0 ? [] : [`${what}: ${names.join(', ')}`]);
  return html`<p><strong>The schema has changed.</strong> ${[...part(gone, 'Columns that are gone'), ...part(added, 'New columns')].join('. ')}.</p>`;
}

/** What a classifier that tells rides of the two months apart relies on. It explains; it does not decide. */
function explanation(classifier: NonNullable<MonthReport['classifier']>, before: string, now: string): Html {
  const rides = `${count(classifier.rows.reference)} rides of ${before} and ${count(classifier.rows.current)} of ${now}`;
  if (classifier.outcome === 'not-enough-data') {
    return html`<p>Not enough data for a classifier that tells the months apart: ${rides}.</p>`;
  }
  const { auc, interval, features } = classifier;
  return html`<h3 id="classifier">What tells the months apart</h3>
<p>A classifier trained on ${rides} tells them apart with an AUC of ${decimals(auc)} (95%: ${decimals(interval[0])} to ${decimals(interval[1])}; 0.5 is chance, 1 is certainty). It explains what differs and decides nothing.</p>
${scrolling(
  'What the classifier relies on',
  html`<table class="lines"><thead><tr><th scope="col" class="text">Column</th><th scope="col">Share of the gain</th></tr></thead>
<tbody>${features.map(({ column, gain }) => html`<tr><th scope="row"><code>${column}</code></th><td>${percent(gain)}</td></tr>`)}</tbody></table>`,
)}`;
}

function distributionTable({ column, distribution }: Column, before: string, now: string): Html {
  if (distribution === undefined) return NOTHING;
  const isNumeric = distribution.kind === 'numeric';
  return html`<h3><code>${column}</code></h3>
${scrolling(
  `${column}, ${before} and ${now}`,
  html`<table class="lines"><thead><tr><th scope="col" class="text">${isNumeric ? 'From' : 'Value'}</th><th scope="col">${before}</th><th scope="col">${now}</th></tr></thead>
<tbody>${distribution.labels.map((label, i) => html`<tr><th scope="row">${label}</th><td>${percent(distribution.reference[i] ?? 0)}</td><td>${percent(distribution.current[i] ?? 0)}</td></tr>`)}</tbody></table>`,
)}`;
}
