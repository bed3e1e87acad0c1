/** Errors of predictions, in minutes; NaN when no ride was added. */
export interface ErrorSummary {
  readonly rows: number;
  readonly rmse: number;
  readonly mae: number;
  /** Mean of |error| / actual, as a share like scikit-learn's, over rides with a duration above zero. */
  readonly mape: number;
  /** 1 - residual over total sum of squares; null when all rides took equally long. */
  readonly r2: number | null;
}

/**
 * Accumulates rides one by one. The spread of the durations is a running sum that is stable in one pass (Welford, "Note
 * on a method for calculating corrected sums of squares and products", 1962).
 */
export class ErrorMetrics {
  #rows = 0;
  #squared = 0;
  #absolute = 0;
  #relative = 0;
  #relativeRows = 0;
  #mean = 0;
  #spread = 0;

  /** Both in minutes. */
  add(actual: number, predicted: number): void {
    const error = actual - predicted;
    this.#rows += 1;
    this.#squared += error * error;
    this.#absolute += Math.abs(error);
    if (actual > 0) {
      this.#relative += Math.abs(error) / actual;
      this.#relativeRows += 1;
    }
    const shift = actual - this.#mean;
    this.#mean += shift / this.#rows;
    this.#spread += shift * (actual - this.#mean);
  }

  summary(): ErrorSummary {
    const rows = this.#rows;
    return {
      rows,
      rmse: Math.sqrt(this.#squared / rows),
      mae: this.#absolute / rows,
      mape: this.#relative / this.#relativeRows,
      r2: this.#spread > 0 ? 1 - this.#squared / this.#spread : null,
    };
  }
}

/** The share of values inside their intervals, bounds included. */
export class Coverage {
  #rows = 0;
  #inside = 0;

  add(actual: number, low: number, high: number): void {
    this.#rows += 1;
    if (low <= actual && actual <= high) this.#inside += 1;
  }

  /** 0..1; NaN when nothing was added. */
  get share(): number {
    return this.#inside / this.#rows;
  }
}
