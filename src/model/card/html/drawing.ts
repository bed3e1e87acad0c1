import { type Html, html } from './markup.ts';

/** Something that may be wider than the page: it scrolls, from the keyboard too. @param label unique on its page */
export const scrolling = (label: string, wide: Html): Html =>
  html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${wide}</div>`;

/** Which distance the model was given: it decides the color, and a word next to it always says so too. */
export type DistanceKind = 'metered' | 'typical';
/** That word. A model may answer a ride without a distance from the pair's typical one, or as a question of its own. */
export const DISTANCE_WORDS: Readonly<Record<DistanceKind, string>> = { metered: 'metered', typical: 'no distance' };

/** A bar, `value` out of `longest`; hidden from screen readers because the number next to it says the same. */
export function bar(kind: DistanceKind | 'other', value: number, longest: number): Html {
  const length = (100 * Math.min(1, value / longest)).toFixed(1);
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="rail" width="100" height="8"/><rect class="${kind}" width="${length}" height="8"/></svg>`;
}

/** Shares below this are drawn at the left end. */
const LEAST_SHARE = 0.7;

/**
 * The share of rides inside an interval against the share that the interval names: a round mark above the rail and a
 * square one below it, so that both show where the shares are equal.
 */
export function coverageScale(nominal: number, metered: number, typical: number): Html {
  const x = (share: number) => (4 + 192 * Math.max(0, (share - LEAST_SHARE) / (1 - LEAST_SHARE))).toFixed(1);
  return html`<svg class="scale" viewBox="0 0 200 20" aria-hidden="true"><rect class="rail" x="4" y="9" width="192" height="2"/><rect class="tick" x="${x(nominal)}" y="0" width="1.5" height="20"/><circle class="metered" cx="${x(metered)}" cy="4.5" r="4"/><rect class="typical" x="${Number(x(typical)) - 4}" y="11.5" width="8" height="8"/></svg>`;
}
