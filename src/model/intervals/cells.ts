/**
 * Prediction intervals by split conformal prediction (Lei et al., "Distribution-free predictive inference for
 * regression", 2018): quantiles of the residuals of rides that the predicting fit has not seen. They are computed in
 * disjoint cells, each a stratum and a run of predicted minutes, so that they hold their coverage in each cell and
 * hence in any union of cells, such as a borough or a part of the day (Mondrian conformal prediction: Vovk, Gammerman
 * and Shafer, "Algorithmic Learning in a Random World", 2005, chapter 4).
 */
import { at } from '../at.ts';
import type { OutputName } from '../scorer.ts';
import { PLACES, placeOf, STRATA } from './strata.ts';

/** One band per predicted minute, 0..60; predictions outside go into the nearest. */
export const BANDS = 61;
/** Rows of a table of quantiles: the bands of each stratum, stratum by stratum. */
export const CELLS = STRATA * BANDS;

/** A run of bands ends with the band that brings it to this many residuals: 5% of 150 is 7 rides beyond the bound. */
const RUN_RESIDUALS = 150;
/** A stratum needs 1 / 5% - 1: with fewer, even the smallest and largest don't bound the next ride with 90%. */
const LEAST_RESIDUALS = 19;

export type IntervalBound = Exclude<OutputName, 'predicted_duration'>;

/** The share of residuals below each bound, in order. */
const LEVELS: Readonly<Record<IntervalBound, number>> = {
  interval_low: 0.05,
  interval80_low: 0.1,
  interval80_high: 0.9,
  interval_high: 0.95,
};
export const INTERVAL_BOUNDS = Object.keys(LEVELS) as readonly IntervalBound[]; // the keys as typed above

/** What to add to a prediction, each array `[CELLS]`: minutes, or multiples of the ride's spread. */
export type CellQuantiles = Readonly<Record<IntervalBound, Float64Array>>;

/** Residuals of rides that the predicting fit has not seen. */
export interface Residuals {
  readonly strata: Uint8Array;
  /** Minutes. */
  readonly predicted: Float64Array;
  /** Minutes by which the rides took longer, or multiples of their spread. */
  readonly residuals: Float64Array;
}

/**
 * The residual quantiles of each cell. A stratum with too few rides uses its place's at all hours, or all rides'.
 * @param judged any number of parts, together at least one ride
 */
export function calibrateCells(judged: readonly Residuals[]): CellQuantiles {
  const parts = judged.map((part) => ({ cells: cellsOf(part), residuals: part.residuals }));
  const ofStratum = runsBy(parts, STRATA, LEAST_RESIDUALS, (stratum) => stratum);
  const ofPlace = runsBy(parts, PLACES, LEAST_RESIDUALS, placeOf);
  const [ofAll = []] = runsBy(parts, 1, 1, () => 0);
  const quantiles = {
    interval_low: new Float64Array(CELLS),
    interval80_low: new Float64Array(CELLS),
    interval80_high: new Float64Array(CELLS),
    interval_high: new Float64Array(CELLS),
  };
  for (let stratum = 0; stratum < STRATA; stratum += 1) {
    const row = stratum * BANDS;
    for (const { from, to, bounds } of ofStratum[stratum] ?? ofPlace[placeOf(stratum)] ?? ofAll) {
      for (const bound of INTERVAL_BOUNDS) quantiles[bound].fill(bounds[bound], row + from, row + to);
    }
  }
  return quantiles;
}

interface InCells {
  readonly cells: Uint16Array;
  readonly residuals: Float64Array;
}

function cellsOf({ strata, predicted }: Residuals): Uint16Array {
  const cells = new Uint16Array(predicted.length);
  for (let i = 0; i < cells.length; i += 1) cells[i] = (strata[i] ?? 0) * BANDS + bandOf(at(predicted, i));
  return cells;
}

const bandOf = (predicted: number): number => Math.min(BANDS - 1, Math.max(0, Math.floor(predicted)));

/** Adjacent bands with the quantiles of their residuals. */
interface Run {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly bounds: Readonly<Record<IntervalBound, number>>;
}

/** The runs of each group of strata; undefined where it has fewer residuals than `least`. */
function runsBy(
  parts: readonly InCells[],
  groups: number,
  least: number,
  groupOf: (stratum: number) => number,
): readonly (readonly Run[] | undefined)[] {
  const rowOf = Uint16Array.from(
    { length: CELLS },
    (_, cell) => groupOf(Math.floor(cell / BANDS)) * BANDS + (cell % BANDS),
  );
  const { values, starts } = orderedByRow(parts, groups * BANDS, rowOf);
  return Array.from({ length: groups }, (_, group) => {
    const start = (band: number) => starts[group * BANDS + band] ?? 0;
    if (start(BANDS) - start(0) < least) return undefined;
    return runEnds((from, to) => start(to) - start(from)).map((to, i, ends) => {
      const from = ends[i - 1] ?? 0;
      return { from, to, bounds: boundsOf(values.subarray(start(from), start(to))) };
    });
  });
}

/**
 * All residuals row by row, and where each row starts; one extra start marks the end.
 * @param rowOf by cell
 */
function orderedByRow(parts: readonly InCells[], rows: number, rowOf: Uint16Array) {
  const starts = new Uint32Array(rows + 1);
  for (const { cells } of parts) {
    for (const cell of cells) {
      const row = rowOf[cell] ?? 0;
      starts[row + 1] = (starts[row + 1] ?? 0) + 1;
    }
  }
  for (let row = 0; row < rows; row += 1) starts[row + 1] = (starts[row + 1] ?? 0) + (starts[row] ?? 0);
  const next = starts.slice();
  const values = new Float64Array(starts[rows] ?? 0);
  for (const { cells, residuals } of parts) {
    for (let i = 0; i < cells.length; i += 1) {
      const row = rowOf[cells[i] ?? 0] ?? 0;
      const place = next[row] ?? 0;
      values[place] = residuals[i] ?? Number.NaN;
      next[row] = place + 1;
    }
  }
  return { values, starts };
}

/** Where the runs end. The remainder joins the last one. @param residuals the number of them in bands from..to - 1 */
function runEnds(residuals: (from: number, to: number) => number): readonly number[] {
  const ends: number[] = [];
  for (let to = 1; to <= BANDS; to += 1) {
    if (residuals(ends.at(-1) ?? 0, to) >= RUN_RESIDUALS) ends.push(to);
  }
  return [...ends.slice(0, -1), BANDS];
}

/** @param residuals get reordered */
const boundsOf = (residuals: Float64Array): Run['bounds'] => ({
  interval_low: conformalQuantile(residuals, LEVELS.interval_low),
  interval80_low: conformalQuantile(residuals, LEVELS.interval80_low),
  interval80_high: conformalQuantile(residuals, LEVELS.interval80_high),
  interval_high: conformalQuantile(residuals, LEVELS.interval_high),
});

/** With n residuals the next one falls below the k-th smallest with probability k / (n + 1): k is rounded outward. */
function conformalQuantile(residuals: Float64Array, level: number): number {
  const rank = level * (residuals.length + 1);
  const k = level < 0.5 ? Math.floor(rank) : Math.ceil(rank);
  return select(residuals, Math.min(residuals.length, Math.max(1, k)) - 1);
}

/**
 * The value at `index` if all were sorted: quickselect (Hoare, "Algorithm 65: Find", 1961), in time proportional to
 * their number.
 * @param values get reordered
 */
function select(values: Float64Array, index: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[(left + right) >> 1] ?? Number.NaN;
    let i = left;
    let j = right;
    while (i <= j) {
      while ((values[i] ?? Number.NaN) < pivot) i += 1;
      while ((values[j] ?? Number.NaN) > pivot) j -= 1;
      if (i > j) break;
      const value = values[i] ?? Number.NaN;
      values[i] = values[j] ?? Number.NaN;
      values[j] = value;
      i += 1;
      j -= 1;
    }
    if (index > j && index < i) break;
    if (index <= j) right = j;
    else left = i;
  }
  return at(values, index);
}
