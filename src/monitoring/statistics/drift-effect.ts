/**
 * How far two samples are apart, with an interval that knows how much days differ anyway.
 *
 * The distance of two finite samples is never 0: 260 zones alone put it at 0.03 for two months of the same city. Its
 * square has an additive bias, which resampling days (within each sample, with replacement) doubles: so the basic
 * bootstrap interval, 2 T - T*, of the squared distance T is centered without one (Davison and Hinkley, "Bootstrap Methods
 * and their Application", 1997, sections 2.4, 3.8 and 5.2). More rides make the interval narrower; they do not make
 * a small difference important.
 */
import { quantile, uniform } from '#model/evaluation/resampling.ts';
import type { DayCounts } from './day-counts.ts';
import { jensenShannon, normedWasserstein, shares } from './distances.ts';

export interface DriftEffect {
  /** The distance less its bias: normed Wasserstein for a number, Jensen-Shannon for a category. */
  readonly effect: number;
  /** 95% interval of it. */
  readonly low: number;
  readonly high: number;
  /** The p-value of "the distance is at most the practical threshold". */
  readonly p: number;
}

export interface EffectOptions {
  /** The distance that matters in practice. */
  readonly threshold: number;
  readonly resamples?: number;
  readonly seed?: number;
}

const LEVEL = 0.95;
const SEED = 42;
const RESAMPLES = 999;

/** The same days give the same effect. @param days with at least two days on each side */
export function driftEffect(
  days: DayCounts,
  { threshold, resamples = RESAMPLES, seed = SEED }: EffectOptions,
): DriftEffect {
  const random = uniform(seed);
  const distance = distanceIn(days);
  const [reference, current] = [new Resampling(days.reference), new Resampling(days.current)];
  const square = distance(reference.all(), current.all()) ** 2;
  const corrected = new Float64Array(resamples);
  for (let i = 0; i < resamples; i += 1) {
    const drawn = distance(reference.draw(random), current.draw(random));
    corrected[i] = 2 * square - drawn ** 2;
  }
  corrected.sort();
  const limit = threshold ** 2;
  const notAbove = corrected.findLastIndex((each) => each <= limit) + 1;
  const root = (squared: number) => Math.sqrt(Math.max(0, squared));
  return {
    effect: root(quantile(corrected, 0.5)),
    low: root(quantile(corrected, (1 - LEVEL) / 2)),
    high: root(quantile(corrected, (1 + LEVEL) / 2)),
    p: (1 + notAbove) / (1 + resamples),
  };
}

function distanceIn({ kind, positions }: DayCounts): (reference: Float64Array, current: Float64Array) => number {
  if (kind === 'numeric') {
    return (reference, current) => normedWasserstein({ kind, values: positions, reference, current });
  }
  return (reference, current) => jensenShannon({ reference: shares(reference), current: shares(current) });
}

/** Sums of a sample's days, each time in the same array: a thousand draws of two dozen columns would keep the collector busy. */
class Resampling {
  readonly #days: readonly Float64Array[];
  readonly #times: Uint16Array;
  readonly #sum: Float64Array;

  constructor(days: readonly Float64Array[]) {
    this.#days = days;
    this.#times = new Uint16Array(days.length);
    this.#sum = new Float64Array(days[0]?.length ?? 0);
  }

  /** Each day once. */
  all(): Float64Array {
    this.#times.fill(1);
    return this.#weightedSum();
  }

  /** As many days as there are, with replacement. */
  draw(random: () => number): Float64Array {
    const times = this.#times.fill(0);
    for (let drawn = 0; drawn < times.length; drawn += 1) {
      const day = Math.floor(random() * times.length);
      times[day] = (times[day] ?? 0) + 1;
    }
    return this.#weightedSum();
  }

  #weightedSum(): Float64Array {
    const sum = this.#sum.fill(0);
    for (let i = 0; i < this.#times.length; i += 1) {
      const [day, weight] = [this.#days[i], this.#times[i] ?? 0];
      if (day === undefined || weight === 0) continue;
      for (let cell = 0; cell < sum.length; cell += 1) sum[cell] = (sum[cell] ?? 0) + weight * (day[cell] ?? 0);
    }
    return sum;
  }
}
