import { scrolling } from '#model/card/html/drawing.ts';
import { count, decimals, monthsText, percent, signed } from '#model/card/html/format.ts';
import { type Html, html, NOTHING } from '#model/card/html/markup.ts';
import { page } from '#model/card/html/page.ts';
import { EQUAL_KINDS, lineChart, niceCeiling, type Scale } from '#monitoring/page/charts.ts';
import { REPORT_STYLE } from '#monitoring/page/style.ts';
import { monthRange } from '#trips/month.ts';
import type { Backtest, BacktestFigures, MonthFigures, MonthOutcome, PolicyResult, Summary } from '../result.ts';

/** A figure of the page: what it is called, where it comes from and how it is drawn and written. */
interface Figure {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  value(figures: BacktestFigures): number;
  written(value: number): string;
  scale(values: readonly number[]): Scale;
  /** The chart in a sentence. */
  caption(points: readonly Point[]): string;
}

interface Point {
  readonly policy: string;
  readonly month: string;
  readonly value: number;
}

type Distance = 'metered' | 'no_distance';
const DISTANCES: readonly (readonly [Distance, string])[] = [
  ['metered', 'With the metered distance'],
  ['no_distance', 'Without a distance'],
];

/** Where the coverage of a 90% interval should stay. */
const BAND = [88, 92] as const;

const FIGURES: readonly Figure[] = [
  {
    id: 'rmse',
    title: 'RMSE',
    about: 'The root mean squared error, in minutes: below is better.',
    value: ({ rmse }) => rmse,
    written: (minutes) => decimals(minutes, 3),
    scale: (values) => ({ ...aroundValues(values), unit: ' min' }),
    caption: leastText,
  },
  {
    id: 'bias',
    title: 'Bias',
    about:
      'The mean of prediction minus actual duration, in minutes. Below zero, rides took longer than predicted: what a model that ages looks like when traffic gets slower.',
    value: ({ bias }) => bias,
    written: signed,
    scale: (values) => {
      const most = niceCeiling(Math.max(...values.map(Math.abs), 0.1));
      return { low: -most, high: most, unit: ' min' };
    },
    caption: (points) => `The largest bias is ${farthestText(points, 0, signed)}.`,
  },
  {
    id: 'coverage',
    title: 'Coverage of the 90% interval',
    about: `The share of rides inside their 90% interval. The band is ${BAND[0]}% to ${BAND[1]}%: within 2 points of what the interval promises.`,
    value: ({ coverage_90 }) => coverage_90 * 100,
    written: (share) => `${decimals(share, 1)}%`,
    scale: (values) => ({
      low: Math.min(85, 5 * Math.floor(Math.min(...values) / 5)),
      high: Math.max(95, 5 * Math.ceil(Math.max(...values) / 5)),
      unit: '%',
      band: BAND,
    }),
    caption: (points) => {
      const outside = points.filter(({ value }) => value < BAND[0] || value > BAND[1]).length;
      const all = `${outside === 0 ? 'None' : outside} of the ${points.length} points ${outside === 1 ? 'is' : 'are'} outside the band`;
      return `${all}. The farthest from 90% is ${farthestText(points, 90, (share) => `${decimals(share, 1)}%`)}.`;
    },
  },
];

const AXIS_STEPS = [0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 15];

/** An axis of four readable steps around the values. */
function aroundValues(values: readonly number[]): Pick<Scale, 'low' | 'high'> {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const lowFor = (step: number) => Math.floor(least / step) * step;
  const step = AXIS_STEPS.find((each) => lowFor(each) + 4 * each >= most) ?? 15;
  return { low: lowFor(step), high: lowFor(step) + 4 * step };
}

function leastText(points: readonly Point[]): string {
  const months = [...Map.groupBy(points, ({ month }) => month).values()].filter((each) => each.length > 1);
  const best = months.flatMap((each) => each.toSorted((a, b) => a.value - b.value).slice(0, 1));
  const wins = [...Map.groupBy(best, ({ policy }) => policy)].toSorted(([, a], [, b]) => b.length - a.length);
  const said = wins.map(([policy, { length }]) => `${policy} in ${length}`);
  if (said.length > 0) return `The smallest error by month, where more than one policy has one: ${said.join(', ')}.`;
  return `The largest error is ${farthestText(points, 0, (minutes) => `${decimals(minutes, 2)} min`)}.`;
}

function farthestText(points: readonly Point[], from: number, written: (value: number) => string): string {
  const [far] = points.toSorted((a, b) => Math.abs(b.value - from) - Math.abs(a.value - from));
  return far === undefined ? '–' : `${written(far.value)}, of ${far.policy} in ${far.month}`;
}

/** report.html of a backtest: complete in itself, like all pages. */
export function renderBacktest(result: Backtest): string {
  const { taxi_type, recipe, from, to, late, recalibrate, policies, takeaway, notes } = result;
  const range = from === to ? from : `${from} to ${to}`;
  const intervals = recalibrate
    ? ' Before each month, the champion’s intervals were fitted to the newest published month.'
    : '';
  return page(
    `Backtest of ${taxi_type} taxis, ${range}`,
    REPORT_STYLE,
    html`<h1>Backtest <span class="quiet">${taxi_type} taxis, ${range}</span></h1>
<p class="takeaway">${takeaway}</p>
<p>Each policy lived through the months as production would have: at the start of a month it knew the months published by then, ${late === 0 ? 'up to the one before' : `each ${late} ${late === 1 ? 'month' : 'months'} after its end`}. It trained ${recipe} on the newest of them, without the last 7 days; the gate compared the challenger with the champion on those days and promoted or refused it; and the champion scored the month.${intervals}</p>
${notes.length === 0 ? NOTHING : html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
${comparison(policies)}
${FIGURES.map((figure) => section(figure, result))}
<h2 id="policies">What each policy did</h2>
${policies.map(history)}`,
  );
}

function comparison(policies: readonly PolicyResult[]): Html {
  const compared = policies.flatMap((each) => (each.all === null ? [] : [{ ...each, all: each.all }]));
  const [first] = compared;
  if (first === undefined) return NOTHING;
  const { months, rides } = first.all;
  return html`<h2 id="comparison">All rides of the ${count(months)} ${months === 1 ? 'month' : 'months'} that every policy scored</h2>
<p class="quiet">${count(rides)} rides. The first figure is with the metered distance, the second without one. Dollars are for the seconds that the trainings took on the machine of the backtest, at the price of the training function.</p>
${scrolling(
  'Policies',
  html`<table class="lines"><thead><tr><th scope="col" class="text">Policy</th><th scope="col">RMSE, min</th><th scope="col">MAE, min</th><th scope="col">Bias, min</th><th scope="col">Worst month in 90%</th><th scope="col">Trained</th><th scope="col">Refused</th><th scope="col">Dollars</th></tr></thead>
<tbody>${compared.map(
    ({ policy, all, trained, refused, dollars }) =>
      html`<tr><th scope="row">${policy}</th><td>${both(all, ({ rmse }) => decimals(rmse, 3))}</td><td>${both(all, ({ mae }) => decimals(mae, 3))}</td><td>${both(all, ({ bias }) => signed(bias))}</td><td>${percent(all.worst_coverage_90.metered.share)} · ${percent(all.worst_coverage_90.no_distance.share)}</td><td>${count(trained)}</td><td>${count(refused)}</td><td>${decimals(dollars, 4)}</td></tr>
`,
  )}</tbody></table>`,
)}`;
}

const both = (figures: Summary | MonthFigures, written: (each: BacktestFigures) => string): string =>
  `${written(figures.metered)} · ${written(figures.no_distance)}`;

/** One chart per distance, each with a table of the same figures. */
function section(figure: Figure, result: Backtest): Html {
  return html`<h2 id="${figure.id}">${figure.title}</h2>
<p>${figure.about}</p>
${DISTANCES.map(([distance, title]) => chart(figure, distance, title, result))}`;
}

function chart(figure: Figure, distance: Distance, title: string, { policies, from, to }: Backtest): Html {
  const months = monthRange(from, to);
  const series = policies.map(({ policy, months: outcomes }, i) => ({
    name: policy,
    kind: EQUAL_KINDS[i % EQUAL_KINDS.length] ?? EQUAL_KINDS[0],
    values: outcomes.map(({ figures }) => (figures === null ? null : figure.value(figures[distance]))),
  }));
  const points = series.flatMap(({ name, values }) =>
    values.flatMap((value, i) => (value === null ? [] : [{ policy: name, month: months[i] ?? '', value }])),
  );
  if (points.length === 0) return NOTHING;
  const label = `${figure.title} by month, ${title.toLowerCase()}; the table below has the same figures`;
  const scale = figure.scale(points.map(({ value }) => value));
  return html`<h3>${title}</h3>
<figure>${lineChart(series, months, label, scale)}<figcaption>${figure.caption(points)} Gaps are months that the data lacks, or without a champion.</figcaption></figure>
<details><summary>${figure.title} by month</summary>${scrolling(
    `${figure.title}, ${title.toLowerCase()}`,
    html`<table class="lines"><thead><tr><th scope="col" class="text">Month</th>${series.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${months.map((month, i) => html`<tr><th scope="row">${month}</th>${series.map(({ values }) => html`<td>${cell(values[i], figure)}</td>`)}</tr>`)}</tbody></table>`,
  )}</details>`;
}

const cell = (value: number | null | undefined, { written }: Figure) => (value == null ? '–' : written(value));

const WORDS: Readonly<Record<MonthOutcome['decision'], string>> = {
  first: 'first champion',
  promoted: 'promoted',
  refused: 'refused',
  kept: 'kept',
  'no-champion': 'no champion',
};

/** Month by month: who was champion, why, and how well it did. */
function history({ policy, months, trained, promoted, refused, seconds, dollars }: PolicyResult): Html {
  return html`<h3>${policy}</h3>
<p>${count(trained)} ${trained === 1 ? 'training' : 'trainings'}, ${count(promoted)} promoted over a champion, ${count(refused)} refused; ${decimals(seconds, 0)} s of training, $${decimals(dollars, 4)}. The second line of a month is without a distance.</p>
${scrolling(
  `What ${policy} did`,
  html`<table class="lines"><thead><tr><th scope="col" class="text">Month</th><th scope="col" class="text">At its start</th><th scope="col" class="text">Champion trained on</th><th scope="col">Rides</th><th scope="col">RMSE, min</th><th scope="col">MAE, min</th><th scope="col">Bias, min</th><th scope="col">in 90%</th><th scope="col">in 80%</th></tr></thead>
<tbody>${months.map(outcomeRow)}</tbody></table>`,
)}
${reasons(months)}`;
}

function outcomeRow({ month, decision, champion, recalibrated_on: newer, figures }: MonthOutcome): Html {
  const mark =
    decision === 'refused' ? html`<span class="verdict bad">▲ ${WORDS[decision]}</span>` : html`${WORDS[decision]}`;
  const model = champion === null ? '–' : monthsText(champion.trained_on);
  const intervals = newer === null ? NOTHING : html`<small>intervals ${monthsText(newer)}</small>`;
  const written = (each: (figures: BacktestFigures) => string) =>
    figures === null ? html`–` : html`${each(figures.metered)}<br><small>${each(figures.no_distance)}</small>`;
  return html`<tr><th scope="row">${month}</th><td class="text">${mark}</td><td class="text">${model}${intervals}</td><td>${figures === null ? '–' : count(figures.rides)}</td><td>${written(({ rmse }) => decimals(rmse, 3))}</td><td>${written(({ mae }) => decimals(mae, 3))}</td><td>${written(({ bias }) => signed(bias))}</td><td>${written(({ coverage_90 }) => percent(coverage_90))}</td><td>${written(({ coverage_80 }) => percent(coverage_80))}</td></tr>
`;
}

function reasons(months: readonly MonthOutcome[]): Html {
  const unscored = months.filter(({ champion, figures }) => figures === null && champion !== null);
  const said = [
    ...months.flatMap(({ month, decision, why }) => why.map((reason) => `${month}, ${WORDS[decision]}: ${reason}.`)),
    ...(unscored.length > 0
      ? [`Not scored, because the data lacks it: ${monthsText(unscored.map(({ month }) => month))}.`]
      : []),
  ];
  return said.length === 0 ? NOTHING : html`<ul>${said.map((each) => html`<li>${each}</li>`)}</ul>`;
}
