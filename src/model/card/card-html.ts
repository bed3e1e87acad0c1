import { byGroup, weakSpotList } from './html/by-group.ts';
import { comparison } from './html/comparison.ts';
import { monthsText } from './html/format.ts';
import type { CardExtras, RenderedCard } from './html/given.ts';
import { headline, intervals, overall } from './html/headline.ts';
import { importance } from './html/importance.ts';
import { html, NOTHING, trusted } from './html/markup.ts';
import { data, parameters, provenance, reproduction } from './html/origin.ts';
import { STYLE } from './html/style.ts';

export type { CardExtras } from './html/given.ts';

/**
 * model-card.html: a card as a single page for people. It is self-contained (no scripts, no requests to anywhere), and
 * every string from outside is escaped.
 */
export function renderCard(card: RenderedCard, extras: CardExtras = {}): string {
  const { breakdown } = card.validation;
  const months = monthsText(card.train.months.map(({ month }) => month));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${card.recipe}, ${card.taxi_type} taxis, ${months}: model card</title>
<link rel="icon" href="data:,">
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
${headline(card)}
${overall(card)}
${intervals(card)}
${comparison(card, extras)}
${breakdown === undefined ? NOTHING : html`${byGroup(breakdown, card.validation)}\n${weakSpotList(breakdown, card.validation)}`}
${importance(extras)}
${data(card)}
${parameters(card, extras)}
${provenance(card, extras)}
${reproduction(card)}
</main>
</body>
</html>
`.text;
}
