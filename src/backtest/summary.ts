import type { Month } from '#trips/month.ts';
import type { BacktestFigures, MonthFigures, MonthOutcome, PolicyResult, Summary } from './result.ts';

type ScoredMonth = Pick<MonthOutcome, 'month'> & { readonly figures: MonthFigures };

const scored = (months: readonly MonthOutcome[]): readonly ScoredMonth[] =>
  months.flatMap(({ month, figures }) => (figures === null ? [] : [{ month, figures }]));

/** The months that every policy scored: only on these can they be compared. */
export function sharedMonths(policies: readonly { readonly months: readonly MonthOutcome[] }[]): ReadonlySet<Month> {
  const [first = [], ...others] = policies.map(({ months }) => scored(months).map(({ month }) => month));
  return new Set(first.filter((month) => others.every((months) => months.includes(month))));
}

/** Figures over all rides of some months, as if they were one; null if none of them was scored. */
export function summarize(months: readonly MonthOutcome[], among: ReadonlySet<Month>): Summary | null {
  const counted = scored(months).filter(({ month }) => among.has(month));
  if (counted.length === 0) return null;
  const rides = counted.reduce((sum, { figures }) => sum + figures.rides, 0);
  const over = (pick: (figures: MonthFigures) => BacktestFigures): BacktestFigures => {
    const mean = (value: (figures: BacktestFigures) => number) =>
      counted.reduce((sum, { figures }) => sum + (figures.rides / rides) * value(pick(figures)), 0);
    return {
      rmse: Math.sqrt(mean(({ rmse }) => rmse ** 2)),
      mae: mean(({ mae }) => mae),
      bias: mean(({ bias }) => bias),
      coverage_90: mean(({ coverage_90 }) => coverage_90),
      coverage_80: mean(({ coverage_80 }) => coverage_80),
    };
  };
  const worst = (pick: (figures: MonthFigures) => BacktestFigures) => {
    const shares = counted.map(({ month, figures }) => ({ month, share: pick(figures).coverage_90 }));
    return shares.reduce((far, each) => (off(each.share) > off(far.share) ? each : far));
  };
  const [metered, without] = [
    ({ metered }: MonthFigures) => metered,
    ({ no_distance }: MonthFigures) => no_distance,
  ] as const;
  return {
    months: counted.length,
    rides,
    metered: over(metered),
    no_distance: over(without),
    worst_coverage_90: { metered: worst(metered), no_distance: worst(without) },
  };
}

const off = (coverage: number) => Math.abs(coverage - 0.9);

/** A difference that the months cannot tell from chance: what the gate allows a promotion to cost by default. */
const CLOSE_MINUTES = 0.05;

/** One sentence or two: which policy predicts best on the months that all scored, by how much, and what it costs. */
export function takeawayOf(policies: readonly PolicyResult[]): string {
  const ranked = policies
    .flatMap((each) => (each.all === null ? [] : [{ ...each, all: each.all }]))
    .toSorted((a, b) => a.all.metered.rmse - b.all.metered.rmse);
  const [best, ...others] = ranked;
  if (best === undefined) return 'No month was scored by all policies, so they cannot be compared.';
  const { all } = best;
  const months = all.months === 1 ? 'the one month' : `the ${all.months} months`;
  const errors = ({ metered, no_distance }: Summary) =>
    `${metered.rmse.toFixed(3)} min with the metered distance and ${no_distance.rmse.toFixed(3)} without one`;
  const against = others.map((other) => `${other.policy} has ${errors(other.all)}`);
  const close = others.filter((other) => other.all.metered.rmse - all.metered.rmse < CLOSE_MINUTES);
  const isBest =
    close.length === 0
      ? 'predicts best'
      : `predicts best, but ${close.map(({ policy }) => policy).join(' and ')} ${close.length === 1 ? 'is' : 'are'} within ${CLOSE_MINUTES} min of it`;
  const first =
    others.length === 0
      ? `On ${months} scored, ${best.policy} has RMSE ${errors(all)}.`
      : `On ${months} that all policies scored, ${best.policy} ${isBest}: RMSE ${errors(all)}; ${against.join('; ')}.`;
  return `${first} ${costOf(best)}`;
}

function costOf({ policy, trained, refused, dollars }: PolicyResult): string {
  const judged = trained - 1; // the first champion has nobody to be compared with
  const gate =
    judged <= 0 ? '' : `; the gate refused ${refused} of ${judged} ${judged === 1 ? 'challenger' : 'challengers'}`;
  return `${policy} took ${trained} ${trained === 1 ? 'training' : 'trainings'}, $${dollars.toFixed(4)}${gate}.`;
}
