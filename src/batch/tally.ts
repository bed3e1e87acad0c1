import { at } from '#model/at.ts';
import { Coverage, ErrorMetrics } from '#model/evaluation/metrics.ts';
import { type Rejection, rejectionOf } from '#trips/tlc-file.ts';
import { type RobustErrorSummary, RobustErrors } from './robust-errors.ts';

/** Errors on kept rides, in minutes. */
export interface KeptErrors {
  readonly rmse: number;
  readonly mae: number;
  /** Share of rides whose duration is within the 90% interval. */
  readonly coverage_90: number;
}

/** Accounts for every ride in a file (scored, or rejected for a reason) and for how far off the predictions were. */
export class RideTally {
  rows = 0;
  scored = 0;
  readonly #rejectSome: boolean;
  readonly #rejected = new Map<Rejection, number>();
  readonly #metrics = new ErrorMetrics();
  readonly #coverage = new Coverage();
  readonly #robust = new RobustErrors();

  /** @param rejectSome whether cleaning applies; otherwise every ride is kept */
  constructor(rejectSome: boolean) {
    this.#rejectSome = rejectSome;
  }

  /** Columns of equal length, all in minutes; unknown durations are NaN. @returns 1 for each kept ride, 0 for others */
  add(actual: Float64Array, predicted: Float32Array, low: Float32Array, high: Float32Array): Float32Array {
    const kept = new Float32Array(actual.length);
    for (let i = 0; i < actual.length; i += 1) {
      kept[i] = this.#isKept(at(actual, i), at(predicted, i), at(low, i), at(high, i)) ? 1 : 0;
    }
    return kept;
  }

  #isKept(actual: number, predicted: number, low: number, high: number): boolean {
    this.rows += 1;
    const known = !Number.isNaN(actual);
    if (known) this.#robust.add(actual, predicted);
    const rejection = this.#rejectSome ? rejectionOf(actual) : undefined;
    if (rejection !== undefined) {
      this.#rejected.set(rejection, (this.#rejected.get(rejection) ?? 0) + 1);
      return false;
    }
    this.scored += 1;
    if (known) {
      this.#metrics.add(actual, predicted);
      this.#coverage.add(actual, low, high);
    }
    return true;
  }

  /** rows = scored + sum of these. */
  get rejected(): Readonly<Partial<Record<Rejection, number>>> {
    return Object.fromEntries(this.#rejected);
  }

  /** On kept rides; null if no duration is known. */
  get errors(): KeptErrors | null {
    const { rows, rmse, mae } = this.#metrics.summary();
    return rows === 0 ? null : { rmse, mae, coverage_90: this.#coverage.share };
  }

  /** On all rides, kept or not; null if no duration is known. */
  get errorsOnAll(): RobustErrorSummary | null {
    return this.#robust.summary();
  }
}
