import { bar } from './drawing.ts';
import { count, percent } from './format.ts';
import type { CardExtras } from './given.ts';
import { type Html, html, NOTHING } from './markup.ts';

/** One-hot recipes have thousands of features, and nobody reads past the first few. */
const FEATURES_SHOWN = 20;

/** The features by gain, as shares of the total gain. */
export function importance({ importance: gains = [] }: CardExtras): Html {
  const total = gains.reduce((sum, { gain }) => sum + gain, 0);
  if (total === 0) return NOTHING;
  const shares = gains.map(({ feature, gain }) => ({ feature, share: gain / total }));
  const shown = shares.slice(0, FEATURES_SHOWN);
  const others = shares.slice(FEATURES_SHOWN);
  const longest = Math.max(...shown.map(({ share }) => share));
  return html`<h2 id="importance">Feature importance</h2>
<p>By gain: how much an average split on the feature reduces the squared error in training, as a share of the total over all ${count(gains.length)} features.</p>
<table class="lines">
<thead><tr><th scope="col" class="text">Feature</th><th scope="col" class="drawn">Share of the gain</th></tr></thead>
<tbody>
${shown.map(
  ({
    feature,
    share,
  }) => html`<tr><th scope="row"><code>${feature}</code></th><td class="drawn"><div class="measure">${bar('metered', share, longest)}<span>${percent(share)}</span></div></td></tr>
`,
)}</tbody>
</table>
${others.length === 0 ? NOTHING : html`<p class="quiet">${count(others.length)} more account for ${percent(others.reduce((sum, { share }) => sum + share, 0))} together.</p>`}`;
}
