/**
 * One column of two samples, as counts of its distinct values. Every statistic of this folder needs just these, and a
 * database makes them in one pass: a month of rides has some thousand distinct distances, not millions.
 */
export type TwoSamples = NumericSamples | CategoricalSamples;

interface Counts {
  /** How many rows of the reference have `values[i]`. */
  readonly reference: Float64Array;
  /** How many rows of the current sample have `values[i]`. */
  readonly current: Float64Array;
}

export interface NumericSamples extends Counts {
  readonly kind: 'numeric';
  /** Ascending; a missing or infinite value is not counted. */
  readonly values: Float64Array;
}

export interface CategoricalSamples extends Counts {
  readonly kind: 'categorical';
  /** Ascending, as numbers or as text; a missing value is not counted. */
  readonly values: Float64Array | readonly string[];
}

/** The number of rows, given how often each value occurs. */
export function total(counts: Float64Array): number {
  let rows = 0;
  for (const count of counts) rows += count;
  return rows;
}

/** How many distinct values have at least one row. */
export function distinct(counts: Float64Array): number {
  let values = 0;
  for (const count of counts) if (count > 0) values += 1;
  return values;
}

/** Counts the values of two samples, in any order; NaN and infinite values are missing. */
export function countValues(reference: Iterable<number>, current: Iterable<number>): NumericSamples {
  const counts = tally(finite(reference), finite(current));
  const values = Float64Array.from(counts.keys()).sort();
  return { kind: 'numeric', values, ...sides(values, counts) };
}

/** Counts the levels of two samples, in any order; an empty text is a level. */
export function countLevels(reference: Iterable<string>, current: Iterable<string>): CategoricalSamples {
  const counts = tally(reference, current);
  const values = [...counts.keys()].sort();
  return { kind: 'categorical', values, ...sides(values, counts) };
}

function* finite(values: Iterable<number>) {
  for (const value of values) if (Number.isFinite(value)) yield value;
}

type Tally<T> = ReadonlyMap<T, readonly [reference: number, current: number]>;

function tally<T>(reference: Iterable<T>, current: Iterable<T>): Tally<T> {
  const counts = new Map<T, [number, number]>();
  const countOf = (value: T) => {
    const count = counts.get(value) ?? [0, 0];
    counts.set(value, count);
    return count;
  };
  for (const value of reference) countOf(value)[0] += 1;
  for (const value of current) countOf(value)[1] += 1;
  return counts;
}

function sides<T>(values: Iterable<T> & { readonly length: number }, counts: Tally<T>): Counts {
  const [reference, current] = [new Float64Array(values.length), new Float64Array(values.length)];
  let i = 0;
  for (const value of values) {
    [reference[i], current[i]] = counts.get(value) ?? [0, 0];
    i += 1;
  }
  return { reference, current };
}
