/**
 * Two models on the same rides. A paired bootstrap (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
 * chapter 13: percentile intervals) tells how certain the difference between their errors is. It draws whole days:
 * rides of one day share weather and traffic, so their errors are correlated, and drawing single rides would make the
 * interval too narrow (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8: resampling of
 * clusters).
 */
import { DAY_SECONDS } from '#trips/new-york-time.ts';
import { at } from '../at.ts';
import type { LabelledRides } from '../rides/rides.ts';
import { quantile, uniform } from './resampling.ts';

export interface Errors {
  /** Minutes. */
  readonly rmse: number;
  readonly mae: number;
}

/** Two models on the same rides. */
export interface Comparison {
  readonly rows: number;
  readonly days: number;
  readonly a: Errors;
  readonly b: Errors;
  /** RMSE of a minus RMSE of b, minutes: above 0, a is worse. */
  readonly rmse_difference: number;
  /** 95% interval of it; null when all rides are on one day. */
  readonly interval: readonly [low: number, high: number] | null;
}

export const RESAMPLES = 1000;
const SEED = 42;
const LEVEL = 0.95;

/** Adds up the errors of two models on the same rides, day by day. */
export class PairedErrors {
  readonly #days = new Map<number, { rows: number; a: [number, number]; b: [number, number] }>();

  /**
   * @param rides their pickup times give the days
   * @param a     minutes `[rides.size]`, and so is b
   */
  add(
    { minutes, pickupTime }: Pick<LabelledRides, 'minutes' | 'pickupTime'>,
    a: Float64Array | Float32Array,
    b: Float64Array | Float32Array,
  ): void {
    minutes.forEach((actual, i) => {
      const day = Math.floor(at(pickupTime, i) / DAY_SECONDS);
      const sums = this.#days.get(day) ?? { rows: 0, a: [0, 0], b: [0, 0] };
      this.#days.set(day, sums);
      const [errorA, errorB] = [actual - at(a, i), actual - at(b, i)];
      sums.rows += 1;
      sums.a[0] += errorA * errorA;
      sums.a[1] += Math.abs(errorA);
      sums.b[0] += errorB * errorB;
      sums.b[1] += Math.abs(errorB);
    });
  }

  /** The same rides give the same interval, in any order. */
  comparison(seed = SEED): Comparison {
    const days = this.#byDay();
    const all = days.reduce(add, NOTHING);
    const [a, b] = [errorsOf(all.rows, all.a), errorsOf(all.rows, all.b)];
    return {
      rows: all.rows,
      days: days.length,
      a,
      b,
      rmse_difference: a.rmse - b.rmse,
      interval: days.length < 2 ? null : percentileInterval(resampledDifferences(days, seed)),
    };
  }

  /** Everything needed for the errors of any choice of days, earliest day first. */
  #byDay(): readonly DaySums[] {
    const named = ([squared, absolute]: [number, number]): ErrorSums => ({ squared, absolute });
    return [...this.#days]
      .sort(([day], [other]) => day - other)
      .map(([, sums]) => ({ rows: sums.rows, a: named(sums.a), b: named(sums.b) }));
  }
}

interface ErrorSums {
  readonly squared: number;
  readonly absolute: number;
}
interface DaySums {
  readonly rows: number;
  readonly a: ErrorSums;
  readonly b: ErrorSums;
}
const NOTHING: DaySums = { rows: 0, a: { squared: 0, absolute: 0 }, b: { squared: 0, absolute: 0 } };

const plus = (x: ErrorSums, y: ErrorSums): ErrorSums => ({
  squared: x.squared + y.squared,
  absolute: x.absolute + y.absolute,
});
const add = (x: DaySums, y: DaySums): DaySums => ({ rows: x.rows + y.rows, a: plus(x.a, y.a), b: plus(x.b, y.b) });

const errorsOf = (rows: number, { squared, absolute }: ErrorSums): Errors => ({
  rmse: Math.sqrt(squared / rows),
  mae: absolute / rows,
});

/** Draws as many days as there are, with replacement, a thousand times. @returns RMSE differences, ascending */
function resampledDifferences(days: readonly DaySums[], seed: number): Float64Array {
  const random = uniform(seed);
  const differences = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i += 1) {
    let [rows, a, b] = [0, 0, 0];
    for (let drawn = 0; drawn < days.length; drawn += 1) {
      const day = days[Math.floor(random() * days.length)] ?? NOTHING;
      rows += day.rows;
      a += day.a.squared;
      b += day.b.squared;
    }
    differences[i] = Math.sqrt(a / rows) - Math.sqrt(b / rows);
  }
  return differences.sort();
}

function percentileInterval(sorted: Float64Array): readonly [number, number] {
  const tail = (1 - LEVEL) / 2;
  return [quantile(sorted, tail), quantile(sorted, 1 - tail)];
}
