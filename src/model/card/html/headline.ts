import { KEPT_MINUTES } from '#trips/tlc-file.ts';
import { lastDays, type Unseen, unseen } from '../card.ts';
import { coverageScale } from './drawing.ts';
import { count, decimals, monthsText, percent, points } from './format.ts';
import type { RenderedCard } from './given.ts';
import { type Html, html, NOTHING } from './markup.ts';

/** What the model is, and the four figures to remember. */
export function headline(card: RenderedCard): Html {
  const { validation } = card;
  const { held_out: heldOut } = validation;
  const sameMonths =
    heldOut !== undefined && 'days' in heldOut ? `of ${lastDays(heldOut)}` : 'held out of the same months';
  const months = monthsText(card.train.months.map(({ month }) => month));
  return html`<header>
<h1>${card.recipe} <span class="quiet">for ${card.taxi_type} taxis</span></h1>
<p>Predicts how many minutes a ${card.taxi_type}-taxi ride takes from pickup to dropoff. Trained on ${count(card.train.rows)} rides of ${months} and measured on ${count(validation.rows)} rides ${
    validation.month === null ? sameMonths : `of ${validation.month}`
  }${unseen(card) === 'trained-on' ? '' : ', which it has not seen'}. Errors are in minutes, over rides that lasted ${KEPT_MINUTES.least} to ${KEPT_MINUTES.most} minutes.</p>
${WARNINGS[unseen(card)]}
<dl class="tiles">
${tile('metered', 'RMSE with the metered distance', decimals(validation.rmse), ' min')}
${tile('typical', 'RMSE without a distance', decimals(validation.typical_distance.rmse), ' min')}
${tile('metered', 'Inside the 90% interval, metered', percent(validation.coverage_90))}
${tile('typical', 'Inside the 90% interval, no distance', percent(validation.typical_distance.coverage_90))}
</dl>
<p class="quiet"><span class="key">Metered</span>: the distance that the meter showed at the end of the ride.<br><span class="key typical">No distance</span>: none was given, as by a caller at pickup, who knows only the zones and the time.</p>
</header>`;
}

const WARNINGS: Readonly<Record<Unseen, Html>> = {
  'unseen-month': NOTHING,
  'unseen-days': NOTHING,
  'same-days': html`<p><strong class="weak">Optimistic:</strong> a random share of the training months was held out, so the model has seen other rides of the same days. A later month is the harder test.</p>`,
  'trained-on': html`<p><strong class="weak">Optimistic:</strong> the model was trained on these very rides. These figures do not show how well it predicts others.</p>`,
};

const tile = (kind: 'metered' | 'typical', name: string, figure: string, unit = ''): Html =>
  html`<div class="${kind}"><dt>${name}</dt><dd>${figure}<small>${unit}</small></dd></div>`;

/** Every error metric over all validation rides. */
export function overall({ validation }: RenderedCard): Html {
  const { typical_distance: typical } = validation;
  return html`<h2 id="errors">Errors on all validation rides</h2>
<table class="lines">
<thead><tr><th scope="col" class="text">Distance</th><th scope="col">RMSE, min</th><th scope="col">MAE, min</th><th scope="col"><abbr title="mean absolute percentage error">MAPE</abbr></th><th scope="col"><abbr title="coefficient of determination">R²</abbr></th></tr></thead>
<tbody>
<tr><th scope="row"><span class="key">metered</span></th><td>${decimals(validation.rmse, 4)}</td><td>${decimals(validation.mae, 4)}</td><td>${percent(validation.mape)}</td><td>${validation.r2 === null ? '–' : decimals(validation.r2, 4)}</td></tr>
<tr><th scope="row"><span class="key typical">no distance</span></th><td>${decimals(typical.rmse, 4)}</td><td>${decimals(typical.mae, 4)}</td><td>–</td><td>–</td></tr>
</tbody>
</table>`;
}

/** Whether the intervals cover the share they promise. */
export function intervals({ validation }: RenderedCard): Html {
  const { typical_distance: typical } = validation;
  const row = (
    nominal: number,
    metered: number,
    without: number,
  ) => html`<tr><th scope="row">${decimals(nominal * 100, 0)}%</th>
<td class="drawn">${coverageScale(nominal, metered, without)}</td>
<td>${percent(metered)} <small>${points(metered - nominal)}</small></td><td>${percent(without)} <small>${points(without - nominal)}</small></td></tr>`;
  return html`<h2 id="intervals">Interval coverage</h2>
<p>The share of validation rides whose duration was inside the model's interval, and by how many points it differs from the nominal share (the upright line).</p>
<table class="lines">
<thead><tr><th scope="col" class="text">Interval</th><th scope="col" class="drawn text">70% to 100%</th><th scope="col"><span class="key">metered</span></th><th scope="col"><span class="key typical">no distance</span></th></tr></thead>
<tbody>
${row(0.9, validation.coverage_90, typical.coverage_90)}
${row(0.8, validation.coverage_80, typical.coverage_80)}
</tbody>
</table>`;
}
