import { scrolling } from '#model/card/html/drawing.ts';
import { count, decimals, signed } from '#model/card/html/format.ts';
import { type Html, html, trusted } from '#model/card/html/markup.ts';
import { zoneOf } from '#trips/zones.ts';
import type { MonthReport } from '../report-schema.ts';
import { MAP_SIZE, ZONE_PATHS } from './gen/zone-paths.ts';

const LISTED = 8;
/** Minutes at which a darker shade begins. */
const SHADES = [0, 2.5, 3.5, 5, 7] as const;

/** The mean absolute error by zone of pickup: a map, and tables of the zones at both ends and of all. */
export function zoneMap({ zones }: Pick<MonthReport, 'zones'>): Html {
  if (zones.length === 0) return html``;
  const worst = zones.toSorted((a, b) => b.mae - a.mae);
  const busiest = zones.toSorted((a, b) => b.rides - a.rides)[0];
  const shadeOf = (mae: number) => 1 + SHADES.findLastIndex((from) => mae >= from);
  const paths = [...ZONE_PATHS].map(([id, path]) => {
    const found = zones.find(({ zone }) => zone === id);
    const text = found ? `${decimals(found.mae)} min, ${count(found.rides)} rides` : 'too few rides';
    const title = html`<title>${zoneOf(id).name}: ${text}</title>`.text;
    const shade = found ? ` class="m${shadeOf(found.mae)}"` : '';
    return `<path${shade} d="${path}">${title}</path>`;
  });
  return html`<h2 id="zones">Where the errors are</h2>
<figure class="beside">
<div>
<svg class="chart map" viewBox="0 0 ${MAP_SIZE} ${MAP_SIZE}" role="img" aria-label="Map of mean absolute errors by pickup zone; the tables list the zones">${trusted(paths.join('\n'))}</svg>
<ul class="legend">${SHADES.map((from, i) => html`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="m${i + 1}" width="10" height="10"/></svg>${SHADES[i + 1] === undefined ? `${from} min and more` : `${from} to ${SHADES[i + 1]} min`}</li>`)}</ul>
</div>
<div>${titled('Largest errors', worst.slice(0, LISTED))}${titled('Smallest errors', worst.slice(-LISTED).toReversed())}</div>
<figcaption>Mean absolute error by pickup zone, minutes. ${busiest ? html`Most rides begin in ${zoneOf(busiest.zone).name}, where it is ${decimals(busiest.mae)}. ` : ''}Zones with fewer than 20 labelled rides are blank.</figcaption>
</figure>
<details><summary>All zones</summary>${zoneTable('All zones', worst)}</details>`;
}

const titled = (title: string, zones: MonthReport['zones']): Html => html`<h3>${title}</h3>
${zoneTable(title, zones)}`;

const zoneTable = (title: string, zones: MonthReport['zones']): Html =>
  scrolling(
    title,
    html`<table class="lines wrapped"><thead><tr><th scope="col" class="text">Zone</th><th scope="col">Rides</th><th scope="col">MAE</th><th scope="col">Bias</th></tr></thead>
<tbody>${zones.map(({ zone, rides, mae, bias }) => html`<tr><th scope="row">${zoneOf(zone).name}</th><td>${count(rides)}</td><td>${decimals(mae)}</td><td>${signed(bias)}</td></tr>`)}</tbody></table>`,
  );
