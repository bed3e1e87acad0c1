/** How well predictions fit, in the measures and with the signs of Evidently's regression report. */

/** Minutes, `[rides]` each. */
export interface Predictions {
  readonly actual: Float64Array;
  readonly predicted: Float64Array;
}

export interface MeanAndSpread {
  readonly mean: number;
  /** Standard deviation with n - 1 in the denominator; null for fewer than two rides. */
  readonly std: number | null;
}

export interface RegressionQuality {
  readonly rows: number;
  /** Prediction minus actual duration, minutes: above 0, the model predicts too long. */
  readonly error: MeanAndSpread;
  readonly absolute_error: MeanAndSpread;
  /** Percent of the actual duration. */
  readonly percentage_error: MeanAndSpread;
  readonly rmse: number;
  /** null when all rides took equally long. */
  readonly r2: number | null;
  readonly max_error: number;
  /** The same measures of the best constant predictions. */
  readonly dummy: Dummy;
}

/** What predicting one number for every ride would give: the least that a model has to beat. */
export interface Dummy {
  /** Predicting the mean, which is best for it. */
  readonly rmse: number;
  /** Predicting the median, which is best for it. */
  readonly mae: number;
  /** Percent; predicting the median weighted by 1 / actual, which is best for it. */
  readonly mape: number;
  /** Predicting the median. */
  readonly max_error: number;
}

/** @param predictions of at least one ride, each of a duration above zero */
export function regressionQuality({ actual, predicted }: Predictions): RegressionQuality {
  const rows = actual.length;
  const error = predicted.map((minutes, i) => minutes - (actual[i] ?? 0));
  const absolute = error.map(Math.abs);
  const squares = sumOf(error.map((minutes) => minutes * minutes));
  const mean = sumOf(actual) / rows;
  const spread = sumOf(actual.map((minutes) => (minutes - mean) ** 2));
  return {
    rows,
    error: meanAndSpread(error),
    absolute_error: meanAndSpread(absolute),
    percentage_error: meanAndSpread(absolute.map((minutes, i) => (100 * minutes) / (actual[i] ?? 0))),
    rmse: Math.sqrt(squares / rows),
    r2: spread > 0 ? 1 - squares / spread : null,
    max_error: absolute.reduce((most, minutes) => Math.max(most, minutes), 0),
    dummy: dummyQuality(actual, bestConstants(actual)),
  };
}

/** The constants that predict a sample best. */
export interface Constants {
  readonly mean: number;
  readonly median: number;
  /** The median weighted by 1 / actual. */
  readonly relativeMedian: number;
}

/** @param actual minutes, each above zero */
export function bestConstants(actual: Float64Array): Constants {
  const sorted = actual.toSorted();
  const middle = sorted.length / 2;
  return {
    mean: sumOf(actual) / actual.length,
    median: ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2,
    relativeMedian: weightedMedian(
      sorted,
      sorted.map((minutes) => 1 / minutes),
    ),
  };
}

/** How well the constants (of this sample, or of a reference) predict a sample. */
export function dummyQuality(actual: Float64Array, { mean, median, relativeMedian }: Constants): Dummy {
  const rows = actual.length;
  return {
    rmse: Math.sqrt(sumOf(actual.map((minutes) => (minutes - mean) ** 2)) / rows),
    mae: sumOf(actual.map((minutes) => Math.abs(minutes - median))) / rows,
    mape: (100 * sumOf(actual.map((minutes) => Math.abs(minutes - relativeMedian) / minutes))) / rows,
    max_error: actual.reduce((most, minutes) => Math.max(most, Math.abs(minutes - median)), 0),
  };
}

/** The first value at which at least half of the weight is reached. */
function weightedMedian(sorted: Float64Array, weights: Float64Array): number {
  const half = sumOf(weights) / 2;
  let reached = 0;
  const found = weights.findIndex((weight) => {
    reached += weight;
    return reached >= half;
  });
  return sorted[found] ?? Number.NaN;
}

function meanAndSpread(values: Float64Array): MeanAndSpread {
  const mean = sumOf(values) / values.length;
  if (values.length < 2) return { mean, std: null };
  const squares = sumOf(values.map((value) => (value - mean) ** 2));
  return { mean, std: Math.sqrt(squares / (values.length - 1)) };
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
