/**
 * Which columns tell the current rows from the reference: a classifier is trained to do it ("Failing loudly", Rabanser et
 * al., arXiv 1810.11953). It explains a drift and decides nothing: with enough rows it finds differences that do not matter.
 */
import { uniform } from '#model/evaluation/resampling.ts';
import type { DenseMatrix, GradientBoosting, OpenBoosting } from '#model/recipes/gradient-boosting.ts';
import type { ComparedColumn, DayRows, TablePair } from '../table-pair.ts';
import { aucByDay, type ScoredRows } from './auc-by-day.ts';

export type DriftExplanation =
  | { readonly outcome: 'not-enough-data'; readonly rows: RowCounts }
  | {
      readonly outcome: 'explained';
      /** Sampled, evenly from all rows. */
      readonly rows: RowCounts;
      /** The chance that the classifier gives the higher score to the current one of two rows, one of each side. */
      readonly auc: number;
      /** 95%, over whole days. */
      readonly interval: readonly [low: number, high: number];
      /** Columns by their share of the gain of all splits, largest first; the shares add up to 1. */
      readonly features: readonly { readonly column: string; readonly gain: number }[];
    };

interface RowCounts {
  readonly reference: number;
  readonly current: number;
}

/** Enough for an AUC within about 0.01, and quick. */
const ROWS_A_SIDE = 5000;
const LEAST_ROWS = 100;
const LEAST_DAYS = 8;
const FOLDS = 4;
const ROUNDS = 40;
const PARAMETERS = { objective: 'binary:logistic', tree_method: 'hist', max_depth: 4, eta: 0.2, seed: 42 } as const;
const SEED = 42;

/**
 * Trains and scores crosswise: no day is both learned from and scored, or the weather of a day would tell its rides apart.
 * The same rows give the same explanation.
 */
export async function explainDrift(
  pair: TablePair,
  columns: readonly ComparedColumn[],
  timeColumn: string,
  boosting: OpenBoosting,
): Promise<DriftExplanation> {
  const rows = await pair.sampleDays(columns, timeColumn, ROWS_A_SIDE);
  const count = (side: 0 | 1) => rows.isCurrent.reduce((sum, is) => sum + (is === side ? 1 : 0), 0);
  const counts = { reference: count(0), current: count(1) };
  const days = [daysOf(rows, 0), daysOf(rows, 1)] as const;
  const isEnough = counts.reference >= LEAST_ROWS && counts.current >= LEAST_ROWS;
  if (columns.length === 0 || !isEnough || days.some(({ length }) => length < LEAST_DAYS)) {
    return { outcome: 'not-enough-data', rows: counts };
  }
  const foldOf = assignFolds(...days);
  const library = await boosting();
  const folds: ScoredRows[] = [];
  const gains = new Float64Array(columns.length);
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const { scored, gain } = await scoreFold(rows, (row) => foldOf.get(rows.day[row] ?? 0) === fold, library);
    folds.push(scored);
    for (const [column, of] of gain) gains[column] = (gains[column] ?? 0) + of;
  }
  const sum = gains.reduce((all, gain) => all + gain, 0);
  return {
    outcome: 'explained',
    rows: counts,
    ...aucByDay(folds),
    features: columns
      .map(({ name }, i) => ({ column: name, gain: sum === 0 ? 0 : (gains[i] ?? 0) / sum }))
      .filter(({ gain }) => gain > 0)
      .toSorted((a, b) => b.gain - a.gain),
  };
}

const daysOf = ({ day, isCurrent }: DayRows, side: 0 | 1): readonly number[] =>
  [...new Set(day.filter((_, row) => isCurrent[row] === side))].sort((a, b) => a - b);

/** Each side's days in equal parts; a day that both sides have is in the same part on both. */
function assignFolds(reference: readonly number[], current: readonly number[]): ReadonlyMap<number, number> {
  const random = uniform(SEED);
  const folds = new Map<number, number>();
  for (const side of [reference, current]) {
    const shuffled = side
      .filter((day) => !folds.has(day))
      .map((day) => ({ day, at: random() }))
      .toSorted((a, b) => a.at - b.at);
    for (const [i, { day }] of shuffled.entries()) folds.set(day, i % FOLDS);
  }
  return folds;
}

/** Learns from the rows outside the fold and scores those inside. */
async function scoreFold(rows: DayRows, isInside: (row: number) => boolean, library: GradientBoosting) {
  const all = Uint32Array.from(rows.day.keys());
  const [inside, outside] = [all.filter(isInside), all.filter((row) => !isInside(row))];
  using booster = await library.train({
    matrix: matrixOf(rows, outside),
    labels: Float32Array.from(outside, (row) => rows.isCurrent[row] ?? 0),
    parameters: PARAMETERS,
    rounds: ROUNDS,
  });
  const scored: ScoredRows = {
    score: booster.predict(matrixOf(rows, inside)),
    isCurrent: Float64Array.from(inside, (row) => rows.isCurrent[row] ?? 0),
    day: Float64Array.from(inside, (row) => rows.day[row] ?? 0),
  };
  return { scored, gain: booster.gains() };
}

/** Missing, infinite and too large values are missing. */
function matrixOf({ columns }: DayRows, which: Uint32Array): DenseMatrix {
  const values = new Float32Array(which.length * columns.length);
  which.forEach((row, at) => {
    columns.forEach((column, c) => {
      const value = Math.fround(column[row] ?? Number.NaN);
      values[at * columns.length + c] = Number.isFinite(value) ? value : Number.NaN;
    });
  });
  return { kind: 'dense', rows: which.length, columns: columns.length, values };
}
