import type { Backtest, BacktestFigures, MonthOutcome, PolicyResult } from '#backtest/result.ts';
import { monthsText } from '#model/card/html/format.ts';
import { count, decimals, table } from './terminal.ts';

/** A backtest for people: a table per policy, what the gate said, and the takeaway. */
export function backtestText({ policies, takeaway, notes }: Backtest): string {
  const highest = Math.max(0, ...policies.flatMap(({ months }) => months.map(({ figures }) => highestOf(figures))));
  const texts = policies.map((policy) => policyText(policy, highest));
  return [...texts, comparison(policies), takeaway, ...notes].join('\n\n');
}

const highestOf = (figures: MonthOutcome['figures']) =>
  Math.max(figures?.metered.rmse ?? 0, figures?.no_distance.rmse ?? 0);

const FIGURES = ['RMSE min', '', 'MAE min', 'bias min', 'in 90%', 'in 80%'] as const;
const BAR = 16;

/** Two rows a month: with the metered distance, and without one. */
function policyText({ policy, months, trained, refused, dollars }: PolicyResult, highest: number): string {
  const rows = months.flatMap((each) => {
    const { month, decision, champion, figures, recalibrated_on: newer } = each;
    const model = champion === null ? '–' : monthsText(champion.trained_on);
    const start = [
      month,
      decision.replace('-', ' '),
      newer === null ? model : `${model}, intervals ${monthsText(newer)}`,
    ];
    if (figures === null) return [[...start, '–', '–', ...FIGURES.map(() => '–')]];
    return [
      [...start, count(figures.rides), 'metered', ...cells(figures.metered, highest)],
      ['', '', '', '', 'none', ...cells(figures.no_distance, highest)],
    ];
  });
  const unscored = months.filter(({ champion, figures }) => figures === null && champion !== null);
  const said = [
    ...months.flatMap(({ month, decision, why }) =>
      why.map((reason) => `  ${month} ${decision.replace('-', ' ')}: ${reason}`),
    ),
    ...(unscored.length > 0
      ? [`  not scored, because the data lacks it: ${monthsText(unscored.map(({ month }) => month))}`]
      : []),
  ];
  const headings = ['month', 'at its start', 'champion trained on', 'rides', 'distance', ...FIGURES];
  const cost = `${trained} trained, ${refused} refused, $${dollars.toFixed(4)}`;
  return [`${policy}: ${cost}`, table(headings, rows), ...said].join('\n');
}

const cells = (figures: BacktestFigures, highest: number): readonly string[] => [
  decimals(figures.rmse, 3),
  '█'.repeat(Math.round((BAR * figures.rmse) / highest)),
  decimals(figures.mae, 3),
  signed(figures.bias),
  percent(figures.coverage_90),
  percent(figures.coverage_80),
];

/** The policies over the months that all of them scored. */
function comparison(policies: readonly PolicyResult[]): string {
  const rows = policies.flatMap(({ policy, all, trained, refused, dollars }) =>
    all === null
      ? []
      : [
          [
            policy,
            count(all.months),
            decimals(all.metered.rmse, 3),
            decimals(all.no_distance.rmse, 3),
            signed(all.metered.bias),
            percent(all.worst_coverage_90.metered.share),
            percent(all.worst_coverage_90.no_distance.share),
            count(trained),
            count(refused),
            decimals(dollars, 4),
          ],
        ],
  );
  const headings = [
    ...['policy', 'months', 'RMSE min', 'no distance', 'bias min', 'worst in 90%', 'no distance'],
    ...['trained', 'refused', 'dollars'],
  ];
  return table(headings, rows);
}

const signed = (n: number) => (n < 0 ? decimals(n, 2) : `+${decimals(n, 2)}`);
const percent = (share: number) => `${decimals(share * 100, 1)}%`;
