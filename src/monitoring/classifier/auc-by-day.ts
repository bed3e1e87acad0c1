/**
 * How well scores tell current rows from reference rows, with an interval that knows that rows of one day are alike: the
 * area under the ROC curve is the share of pairs (one row of each side) whose current row scores higher, so it adds up over
 * pairs of days, and whole days can be drawn again without ranking the rows anew (the day is the cluster of Obuchowski,
 * "Nonparametric analysis of clustered ROC curve data", Biometrics 53, 1997).
 */
import { quantile, uniform } from '#model/evaluation/resampling.ts';

/** Rows that one model scored; `[rows]` each. */
export interface ScoredRows {
  readonly score: Float32Array;
  readonly isCurrent: Float64Array;
  /** Any number that the rows of a day share. */
  readonly day: Float64Array;
}

export interface Auc {
  /** 0.5 = cannot be told apart, 1 = every pair can. */
  readonly auc: number;
  /** 95%. */
  readonly interval: readonly [low: number, high: number];
}

const LEVEL = 0.95;
const RESAMPLES = 999;
const SEED = 42;

/** A day of the reference against a day of the current sample. */
interface DayPair {
  readonly reference: number;
  readonly current: number;
  /** Pairs of rows, and how many of them the current row wins; a tie is half a win. */
  readonly pairs: number;
  readonly wins: number;
}

/** @param folds scored by different models, whose scores are not compared with each other; each has rows of both sides */
export function aucByDay(folds: readonly ScoredRows[]): Auc {
  const pairs = folds.flatMap(dayPairs);
  const [references, currents] = [daysOf(pairs, 'reference'), daysOf(pairs, 'current')];
  const random = uniform(SEED);
  const drawn = Float64Array.from({ length: RESAMPLES }, () =>
    aucOf(pairs, drawTimes(references, random), drawTimes(currents, random)),
  )
    .filter((each) => !Number.isNaN(each)) // no fold with days of both sides was drawn
    .sort();
  const once = (days: readonly number[]) => new Map(days.map((day) => [day, 1]));
  return {
    auc: aucOf(pairs, once(references), once(currents)),
    interval: [quantile(drawn, (1 - LEVEL) / 2), quantile(drawn, (1 + LEVEL) / 2)],
  };
}

function dayPairs({ score, isCurrent, day }: ScoredRows): readonly DayPair[] {
  const order = Uint32Array.from(score.keys()).sort((a, b) => (score[a] ?? 0) - (score[b] ?? 0));
  const below = new Map<number, number>();
  const wins = new Map<number, Map<number, number>>();
  const currentRows = new Map<number, number>();
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && score[order[to] ?? 0] === score[order[from] ?? 0]) to += 1;
    const tied = [...order.subarray(from, to)];
    const references = tied.filter((row) => isCurrent[row] !== 1);
    const half = (share: number) => {
      for (const row of references) add(below, day[row] ?? 0, share);
    };
    half(0.5);
    for (const row of tied) {
      if (isCurrent[row] !== 1) continue;
      const own = day[row] ?? 0;
      const won = wins.get(own) ?? new Map<number, number>();
      wins.set(own, won);
      add(currentRows, own, 1);
      for (const [reference, rows] of below) add(won, reference, rows);
    }
    half(0.5);
    from = to;
  }
  return [...below].flatMap(([reference, rows]) =>
    [...currentRows].map(([current, count]) => ({
      reference,
      current,
      pairs: rows * count,
      wins: wins.get(current)?.get(reference) ?? 0,
    })),
  );
}

function add(sums: Map<number, number>, key: number, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

const daysOf = (pairs: readonly DayPair[], side: 'reference' | 'current') => [
  ...new Set(pairs.map((pair) => pair[side])),
];

/** Draws as many days as there are, with replacement. @returns how often each was drawn */
function drawTimes(days: readonly number[], random: () => number): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  for (let i = 0; i < days.length; i += 1) add(times, days[Math.floor(random() * days.length)] ?? 0, 1);
  return times;
}

function aucOf(
  pairs: readonly DayPair[],
  references: ReadonlyMap<number, number>,
  currents: ReadonlyMap<number, number>,
): number {
  let [won, all] = [0, 0];
  for (const { reference, current, pairs: count, wins } of pairs) {
    const weight = (references.get(reference) ?? 0) * (currents.get(current) ?? 0);
    won += weight * wins;
    all += weight * count;
  }
  return won / all;
}
