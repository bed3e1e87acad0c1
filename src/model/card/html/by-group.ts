import type { Breakdown, GroupFigures } from '#model/evaluation/breakdown.ts';
import type { CardFigures } from '#model/evaluation/figures.ts';
import {
  isTelling,
  isWeak,
  type Measure,
  type OverallFigures,
  WEAK,
  type WeakSpot,
  weakSpots,
} from '#model/evaluation/weak-spots.ts';
import { GROUPING_NAMES, type GroupingName } from '#model/rides/ride-groups.ts';
import { bar, DISTANCE_WORDS, type DistanceKind, scrolling } from './drawing.ts';
import { count, decimals, GROUPING_TITLES, groupLabel, percent } from './format.ts';
import { type Html, html, NOTHING } from './markup.ts';

/** Errors and coverage of every group in the breakdown. Small groups do not stretch the scale of the bars. */
export function byGroup(breakdown: Breakdown, overall: OverallFigures): Html {
  const all = GROUPING_NAMES.flatMap((name) => breakdown[name]).filter(isTelling);
  const longest = Math.max(overall.rmse, ...all.flatMap((group) => [group.rmse, group.typical_distance.rmse]));
  return html`<h2 id="groups">Where it does well, and where it does not</h2>
<p>RMSE and MAE in minutes, and the shares of rides inside the 90% and the 80% interval. Bars are RMSE, on one scale throughout. A triangle marks a <a href="#weak-spots">weak spot</a>.</p>
${GROUPING_NAMES.map((name) => {
  const title = GROUPING_TITLES[name];
  const groups = groupTable(name, breakdown[name], overall, longest);
  return name === 'hour'
    ? html`<details><summary>${title}</summary>${groups}</details>`
    : html`<h3>${title}</h3>${groups}`;
})}`;
}

function groupTable(
  name: GroupingName,
  groups: readonly GroupFigures[],
  overall: OverallFigures,
  longest: number,
): Html {
  return scrolling(
    GROUPING_TITLES[name],
    html`<table class="groups">
<thead><tr><th scope="col" class="text">Rides</th><th scope="col" class="text">Distance</th><th scope="col" class="drawn">RMSE</th><th scope="col">MAE</th><th scope="col">in 90%</th><th scope="col">in 80%</th></tr></thead>
${groups.map((group) => {
  const marks = (figures: CardFigures, all: CardFigures) => (measure: Measure) =>
    isTelling(group) && isWeak(measure, figures, all);
  const { typical_distance: typical } = group;
  return html`<tbody>
<tr><th scope="rowgroup" rowspan="2">${groupLabel(name, group.group)}<small>${count(group.rows)} ${group.rows === 1 ? 'ride' : 'rides'}</small></th>${cells('metered', group, marks(group, overall), longest)}</tr>
<tr>${cells('typical', typical, marks(typical, overall.typical_distance), longest)}</tr>
</tbody>
`;
})}</table>`,
  );
}

function cells(kind: DistanceKind, figures: CardFigures, weak: (measure: Measure) => boolean, longest: number): Html {
  const cell = (measure: Measure, text: string) => html`<span class="${weak(measure) ? 'weak' : ''}">${text}</span>`;
  return html`<th scope="row"><span class="key ${kind}">${DISTANCE_WORDS[kind]}</span></th>
<td class="drawn"><div class="measure">${bar(kind, figures.rmse, longest)}${cell('rmse', decimals(figures.rmse))}</div></td><td>${decimals(figures.mae)}</td>
<td>${cell('coverage_90', percent(figures.coverage_90))}</td><td>${cell('coverage_80', percent(figures.coverage_80))}</td>`;
}

/** The groups that the model serves worse than its headline suggests, in words. */
export function weakSpotList(breakdown: Breakdown, overall: OverallFigures): Html {
  const { spots, untold } = weakSpots(breakdown, overall);
  const tooFew = untold.map(
    ({ grouping, figures }) => `${groupLabel(grouping, figures.group)} (${count(figures.rows)})`,
  );
  return html`<h2 id="weak-spots">Known weak spots</h2>
<p>Groups of at least ${WEAK.leastRows} rides whose RMSE is more than ${WEAK.rmseFactor} times that of all rides, or whose coverage is more than ${WEAK.coverageOff * 100} points off. The first figure is with the metered distance, the second without a distance.</p>
${spots.length === 0 ? html`<p>There are none.</p>` : html`<ul>\n${spots.map((spot) => spotItem(spot, overall))}</ul>`}
${tooFew.length === 0 ? NOTHING : html`<p class="quiet">Too few rides to tell: ${tooFew.join(', ')}.</p>`}`;
}

function spotItem({ grouping, figures, measures }: WeakSpot, overall: OverallFigures): Html {
  const found = measures.map((measure) => inWords(measure, figures, overall));
  return html`<li><strong>${groupLabel(grouping, figures.group)}</strong> <small>${GROUPING_TITLES[grouping].toLowerCase()}, ${count(figures.rows)} rides:</small> ${found.join('; ')}.</li>
`;
}

function inWords(measure: Measure, figures: GroupFigures, overall: OverallFigures): string {
  const { typical_distance: typical } = figures;
  if (measure === 'rmse') {
    const times = (of: CardFigures, all: CardFigures) => decimals(of.rmse / all.rmse, 1);
    return `RMSE ${decimals(figures.rmse)} and ${decimals(typical.rmse)} min (${times(figures, overall)} and ${times(typical, overall.typical_distance)} times that of all rides)`;
  }
  const interval = measure === 'coverage_90' ? '90%' : '80%';
  return `${percent(figures[measure])} and ${percent(typical[measure])} inside the ${interval} interval`;
}
