import { byGroup, weakSpotList } from './html/by-group.ts';
import { comparison } from './html/comparison.ts';
import { monthsText } from './html/format.ts';
import type { CardExtras, RenderedCard } from './html/given.ts';
import { headline, intervals, overall } from './html/headline.ts';
import { importance } from './html/importance.ts';
import { html, NOTHING } from './html/markup.ts';
import { data, parameters, provenance, reproduction } from './html/origin.ts';
import { page } from './html/page.ts';
import { STYLE } from './html/style.ts';

export type { CardExtras } from './html/given.ts';

/**
 * model-card.html: a card as a single page for people. It is self-contained (no scripts, no requests to anywhere), and
 * every string from outside is escaped.
 */
export function renderCard(card: RenderedCard, extras: CardExtras = {}): string {
  const { breakdown } = card.validation;
  const months = monthsText(card.train.months.map(({ month }) => month));
  return page(
    `${card.recipe}, ${card.taxi_type} taxis, ${months}: model card`,
    STYLE,
    html`${headline(card)}
${overall(card)}
${intervals(card)}
${comparison(card, extras)}
${breakdown === undefined ? NOTHING : html`${byGroup(breakdown, card.validation)}\n${weakSpotList(breakdown, card.validation)}`}
${importance(extras)}
${data(card)}
${parameters(card, extras)}
${provenance(card, extras)}
${reproduction(card)}`,
  );
}
