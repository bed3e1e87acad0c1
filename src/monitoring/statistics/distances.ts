/** Distances between the distributions of two samples. None has units, except that Wasserstein's is in spreads. */
import { type NumericSamples, type TwoSamples, total } from './two-samples.ts';

/** Stands in for a reference without spread. */
const LEAST_SPREAD = 0.001;

/**
 * The first Wasserstein distance (the area between the two distribution functions) over the reference's standard
 * deviation with n in the denominator, but at least 0.001.
 */
export function normedWasserstein({ values, reference, current }: NumericSamples): number {
  const [n, m] = [total(reference), total(current)];
  const cells = values.length;
  let [below, belowCurrent, area, sum] = [0, 0, 0, 0];
  for (let i = 0; i < cells; i += 1) {
    const value = values[i] ?? 0;
    const count = reference[i] ?? 0;
    below += count;
    belowCurrent += current[i] ?? 0;
    if (i + 1 < cells) area += Math.abs(below / n - belowCurrent / m) * ((values[i + 1] ?? 0) - value);
    sum += count * value;
  }
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < cells; i += 1) squares += (reference[i] ?? 0) * ((values[i] ?? 0) - mean) ** 2;
  return area / Math.max(Math.sqrt(squares / n), LEAST_SPREAD);
}

/** The shares of both samples' rows in the same cells. */
export interface Shares {
  readonly reference: Float64Array;
  readonly current: Float64Array;
}

/** A cell per distinct value. */
export const sharesByValue = ({ reference, current }: TwoSamples): Shares => ({
  reference: shares(reference),
  current: shares(current),
});

/** Sturges's number of cells for n things: ceil(log2 n + 1). */
export const sturges = (n: number): number => Math.ceil(Math.log2(n) + 1);

/**
 * Equal cells over the range of both samples. A cell includes its lower edge, and the last one its upper edge too.
 * @param cells default: Sturges's number for the rows of both
 */
export function sharesInEqualCells(
  { values, reference, current }: NumericSamples,
  cells = sturges(total(reference) + total(current)),
): Shares {
  const [least, most] = [values[0] ?? 0, values.at(-1) ?? 0];
  const step = (most - least) / cells;
  const edge = (i: number) => (i === cells ? most : i * step + least);
  const [ofReference, ofCurrent] = [new Float64Array(cells), new Float64Array(cells)];
  let cell = 0;
  values.forEach((value, i) => {
    while (cell < cells - 1 && value >= edge(cell + 1)) cell += 1;
    ofReference[cell] = (ofReference[cell] ?? 0) + (reference[i] ?? 0);
    ofCurrent[cell] = (ofCurrent[cell] ?? 0) + (current[i] ?? 0);
  });
  return { reference: shares(ofReference), current: shares(ofCurrent) };
}

/** Each count over their sum. */
export function shares(counts: Float64Array): Float64Array {
  const rows = total(counts);
  return counts.map((count) => count / rows);
}

/** The square root of the Jensen-Shannon divergence with natural logarithms: 0..sqrt(ln 2). (Endres and Schindelin, 2003) */
export function jensenShannon({ reference, current }: Shares): number {
  const divergence = sumOver(reference, current, (p, q) => {
    const middle = (p + q) / 2;
    return (surprise(p, middle) + surprise(q, middle)) / 2;
  });
  return Math.sqrt(Math.max(0, divergence));
}

/** The Hellinger distance: 0..1. */
export const hellinger = ({ reference, current }: Shares): number =>
  Math.sqrt(Math.max(0, 1 - sumOver(reference, current, (p, q) => Math.sqrt(p * q))));

/** The population stability index: the symmetric Kullback-Leibler divergence of the filled shares. */
export const populationStability = (given: Shares): number => {
  const { reference, current } = filled(given);
  return sumOver(reference, current, (p, q) => (p - q) * Math.log(p / q));
};

/** The Kullback-Leibler divergence of the reference from the current sample, in nats, of the filled shares made to sum to 1. */
export const kullbackLeibler = (given: Shares): number => {
  const { reference, current } = filled(given);
  return sumOver(shares(reference), shares(current), surprise);
};

const surprise = (p: number, q: number) => (p === 0 ? 0 : p * Math.log(p / q));

function sumOver(reference: Float64Array, current: Float64Array, term: (p: number, q: number) => number): number {
  let sum = 0;
  for (let i = 0; i < reference.length; i += 1) sum += term(reference[i] ?? 0, current[i] ?? 0);
  return sum;
}

/** An empty cell gets 1e-4, or a millionth of the smallest share if that is no more than 1e-4. */
const filled = ({ reference, current }: Shares): Shares => ({ reference: fill(reference), current: fill(current) });

function fill(cells: Float64Array): Float64Array {
  const smallest = cells.reduce((least, share) => (share > 0 ? Math.min(least, share) : least), 1);
  const stand = smallest <= 1e-4 ? smallest / 1e6 : 1e-4;
  return cells.map((share) => (share === 0 ? stand : share));
}
