import { bar, scrolling } from '#model/card/html/drawing.ts';
import { count, decimals, GROUPING_TITLES, groupLabel, percent, signed } from '#model/card/html/format.ts';
import { type Html, html, NOTHING } from '#model/card/html/markup.ts';
import { GROUPING_NAMES } from '#model/rides/ride-groups.ts';
import type { MonthReport, SegmentFigures } from '../report-schema.ts';
import { TELLING_RIDES } from '../telling-rides.ts';
import { lineChart } from './charts.ts';

/** Errors day by day, next to what could be expected without labels. */
export function daysSection({ days, harm, estimate, reference }: MonthReport): Html {
  // Stray days at the edges of a month's file hold a handful of rides: they would bend every line.
  const busy = days.filter(({ rides }) => rides >= 0.02 * Math.max(...days.map((day) => day.rides)));
  if (busy.length === 0) return NOTHING;
  const labels = busy.map(({ day }) => day.slice(5));
  const limit =
    harm.verdict === 'not-enough-data'
      ? []
      : [{ name: 'limit', kind: 'limit' as const, values: busy.map(() => harm.limit) }];
  const chart = lineChart(
    [
      { name: 'actual', kind: 'current', values: busy.map(({ mae }) => mae) },
      { name: 'expected', kind: 'expected', values: busy.map(({ expected_mae }) => expected_mae) },
      ...limit,
    ],
    labels,
    'Mean absolute error by day, minutes; the table below has the same figures',
  );
  return html`<h2 id="days">Error by day</h2>
<figure>${chart}<figcaption>${harmText('error', harm)} The expected error needs no labels: it is the width of each ride’s 90% interval times ${decimals(estimate.factor, 3)}, which fits ${reference.month}. It sees rides become harder; it cannot see the same ride take longer than before. ${harmText('expected error', estimate.harm)}</figcaption></figure>
<details><summary>Figures by day</summary>${scrolling(
    'Figures by day',
    html`<table class="lines"><thead><tr><th scope="col" class="text">Day</th><th scope="col">Rides</th><th scope="col">MAE</th><th scope="col">Expected</th><th scope="col">Bias</th></tr></thead>
<tbody>${days.map(({ day, rides, mae, expected_mae, bias }) => html`<tr><th scope="row">${day}</th><td>${count(rides)}</td><td>${mae === null ? '–' : decimals(mae)}</td><td>${decimals(expected_mae)}</td><td>${bias === null ? '–' : signed(bias)}</td></tr>`)}</tbody></table>`,
  )}</details>`;
}

function harmText(what: string, harm: MonthReport['harm']): string {
  if (harm.verdict === 'not-enough-data')
    return `${harm.days} days with enough rides are too few to judge the ${what}.`;
  const bound = `with 95% confidence the mean is above ${decimals(harm.low)}`;
  if (harm.verdict === 'no-harm')
    return `The mean ${what} of ${decimals(harm.error)} min stays within ${decimals(harm.limit)}: ${bound}.`;
  return `The ${what} exceeds ${decimals(harm.limit)} min${harm.since === null ? '' : `, proven on ${harm.since}`}: ${bound}.`;
}

/** How long rides took, by how long they were predicted to take. */
export function calibrationSection({ calibration }: MonthReport): Html {
  if (calibration.length === 0) return NOTHING;
  const labels = calibration.map(({ from }) => `${from}`);
  const widest = calibration.toSorted(
    (a, b) => Math.abs(b.predicted - b.actual) * b.rides - Math.abs(a.predicted - a.actual) * a.rides,
  )[0];
  const chart = lineChart(
    [
      { name: 'it took', kind: 'current', values: calibration.map(({ actual }) => actual) },
      { name: 'predicted', kind: 'reference', values: calibration.map(({ predicted }) => predicted) },
    ],
    labels,
    'Mean actual minutes by predicted minutes; the table below has the same figures',
  );
  return html`<h2 id="calibration">Predicted and actual minutes</h2>
<figure>${chart}<figcaption>Rides by predicted minutes (in bands of 3, along the axis) and how long they took on average.${widest ? ` The band that matters most begins at ${widest.from}: predicted ${decimals(widest.predicted)}, took ${decimals(widest.actual)}.` : ''}</figcaption></figure>
<details><summary>Figures by predicted minutes</summary>${scrolling(
    'Figures by predicted minutes',
    html`<table class="lines"><thead><tr><th scope="col" class="text">From</th><th scope="col">Rides</th><th scope="col">Predicted</th><th scope="col">Took</th><th scope="col">Bias</th></tr></thead>
<tbody>${calibration.map(({ from, rides, predicted, actual }) => html`<tr><th scope="row">${from} min</th><td>${count(rides)}</td><td>${decimals(predicted)}</td><td>${decimals(actual)}</td><td>${signed(predicted - actual)}</td></tr>`)}</tbody></table>`,
  )}</details>`;
}

/** Errors by hour, borough and so on, against the reference. */
export function segmentsSection(report: MonthReport): Html {
  const { segments, reference } = report;
  const telling = Object.values(segments)
    .flat()
    .filter(({ rows }) => rows >= TELLING_RIDES);
  if (telling.length === 0) return NOTHING;
  const longest = Math.max(...telling.map(({ mae }) => mae));
  const worse = telling.filter((group) => ratio(group) > 1).toSorted((a, b) => ratio(b) - ratio(a))[0];
  return html`<h2 id="segments">Which rides</h2>
<p>Mean absolute error in minutes, against ${reference.month}.${worse ? ` Of groups with ${TELLING_RIDES} rides or more, “${labelOf(segments, worse)}” grew the most: from ${decimals(worse.reference_mae ?? 0)} to ${decimals(worse.mae)}.` : ` No group with ${TELLING_RIDES} rides or more is worse.`} A triangle marks a group whose error grew by more than the limit allows; smaller groups have neither mark nor bar.</p>
${GROUPING_NAMES.map((name) => {
  const groups = segments[name] ?? [];
  if (groups.length === 0) return NOTHING;
  const title = GROUPING_TITLES[name];
  const table = scrolling(
    title,
    html`<table class="lines segments"><thead><tr><th scope="col" class="text">Rides</th><th scope="col">Count</th><th scope="col" class="drawn">MAE</th><th scope="col">${reference.month}</th><th scope="col">Bias</th><th scope="col">in 90%</th></tr></thead>
<tbody>${groups.map((group) => segmentRow(groupLabel(name, group.group), group, longest, allowedRatio(report)))}</tbody></table>`,
  );
  return name === 'hour'
    ? html`<details><summary>${title}</summary>${table}</details>`
    : html`<h3>${title}</h3>${table}`;
})}`;
}

function segmentRow(label: string, group: SegmentFigures, longest: number, allowed: number): Html {
  const { rows, mae, reference_mae: before, bias, coverage_90 } = group;
  const isTelling = rows >= TELLING_RIDES;
  const figure = html`<span class="${isTelling && ratio(group) > allowed ? 'weak' : ''}">${decimals(mae)}</span>`;
  return html`<tr><th scope="row">${label}</th><td>${count(rows)}</td><td class="drawn"><div class="measure">${isTelling ? bar('metered', mae, longest) : NOTHING}${figure}</div></td><td>${before === null ? '–' : decimals(before)}</td><td>${signed(bias)}</td><td>${percent(coverage_90)}</td></tr>
`;
}

const ratio = ({ mae, reference_mae: before }: SegmentFigures) => mae / (before ?? mae);

/** What the whole month may grow by, for its groups too; without a limit nothing is marked. */
const allowedRatio = ({ harm, estimate }: MonthReport) =>
  harm.verdict === 'not-enough-data' ? Number.POSITIVE_INFINITY : harm.limit / estimate.reference_mae;

function labelOf(segments: MonthReport['segments'], wanted: SegmentFigures): string {
  const name = GROUPING_NAMES.find((each) => segments[each]?.includes(wanted));
  return name === undefined ? wanted.group : groupLabel(name, wanted.group);
}
