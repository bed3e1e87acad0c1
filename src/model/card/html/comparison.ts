import type { Breakdown } from '#model/evaluation/breakdown.ts';
import { publishedOn } from '#model/evaluation/reference-figures.ts';
import { bar } from './drawing.ts';
import { decimals, monthsText } from './format.ts';
import type { CardExtras, RenderedCard } from './given.ts';
import { type Html, html } from './markup.ts';

interface Line {
  readonly kind: 'metered' | 'typical' | 'other';
  readonly name: string;
  readonly trainedOn: string;
  readonly rmse: number;
  readonly mae?: number;
}

/** The model next to baselines that need no model, and next to other recipes on the same rides. */
export function comparison(card: RenderedCard, { compared = [] }: CardExtras): Html {
  const { validation } = card;
  const trainedOn = monthsText(card.train.months.map(({ month }) => month));
  const own: readonly Line[] = [
    { kind: 'metered', name: 'This model, metered distance', trainedOn, rmse: validation.rmse, mae: validation.mae },
    { kind: 'typical', name: 'This model, no distance', trainedOn, ...validation.typical_distance },
  ];
  const others = [...compared, ...publishedOn(validation.sha256)].map(
    (other): Line => ({ ...other, kind: 'other', trainedOn: monthsText(other.trainedOn) }),
  );
  const lines = [...own, ...others, ...baselineLines(validation.breakdown?.baselines, trainedOn)];
  const longest = Math.max(...lines.map(({ rmse }) => rmse));
  return html`<h2 id="comparison">Compared with other predictors</h2>
<p>On the same validation rides.${others.length > 0 ? ' Other models get the metered distance.' : ''}</p>
<table class="lines">
<thead><tr><th scope="col" class="text">Predictor</th><th scope="col" class="drawn">RMSE, min</th><th scope="col">MAE, min</th></tr></thead>
<tbody>
${lines.map((line) => comparedRow(line, longest))}</tbody>
</table>`;
}

const baselineLines = (baselines: Breakdown['baselines'] | undefined, trainedOn: string): readonly Line[] =>
  baselines === undefined
    ? []
    : [
        { kind: 'other', name: 'Mean of the zone pair', trainedOn, ...baselines.pair_mean },
        { kind: 'other', name: 'Mean of all rides', trainedOn, ...baselines.mean },
      ];

const comparedRow = ({ kind, name, trainedOn, rmse, mae }: Line, longest: number): Html =>
  html`<tr><th scope="row">${name}<small>trained on ${trainedOn}</small></th><td class="drawn"><div class="measure">${bar(kind, rmse, longest)}<span>${decimals(rmse)}</span></div></td><td>${mae === undefined ? '–' : decimals(mae)}</td></tr>
`;
