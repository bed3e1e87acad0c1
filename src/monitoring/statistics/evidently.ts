/**
 * Evidently 0.7's choice of method for a column, and its thresholds (its `DataDriftPreset` without options). The numbers
 * agree with those of version 0.7.23 to 1e-9: see test/unit/monitoring/evidently.test.ts.
 */
import { chiSquare, distinctOfBoth, twoProportions } from './count-tests.ts';
import { jensenShannon, normedWasserstein, sharesByValue } from './distances.ts';
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts';
import { type TwoSamples, total } from './two-samples.ts';

export type EvidentlyMethod =
  | 'K-S p_value'
  | 'chi-square p_value'
  | 'Z-test p_value'
  | 'Wasserstein distance (normed)'
  | 'Jensen-Shannon distance';

export interface ColumnDrift {
  readonly method: EvidentlyMethod;
  readonly score: number;
  readonly threshold: number;
  readonly drifted: boolean;
}

/** Up to this many reference rows Evidently tests a hypothesis; above, it measures a distance. */
const FEW_ROWS = 1000;
/** A number with no more distinct values than this is treated like a category. */
const FEW_VALUES = 5;
const SIGNIFICANCE = 0.05;
const DISTANCE = 0.1;

/** @param samples with at least one row on each side */
export function evidentlyDrift(samples: TwoSamples): ColumnDrift {
  const isContinuous = samples.kind === 'numeric' && distinctOfBoth(samples) > FEW_VALUES;
  if (total(samples.reference) > FEW_ROWS) {
    return isContinuous
      ? distance('Wasserstein distance (normed)', normedWasserstein(samples))
      : distance('Jensen-Shannon distance', jensenShannon(sharesByValue(samples)));
  }
  // Of the three, only Kolmogorov-Smirnov also calls a p-value at the very threshold drift.
  if (isContinuous) {
    const { p } = kolmogorovSmirnov(samples);
    return { method: 'K-S p_value', score: p, threshold: SIGNIFICANCE, drifted: p <= SIGNIFICANCE };
  }
  return distinctOfBoth(samples) > 2
    ? test('chi-square p_value', chiSquare(samples))
    : test('Z-test p_value', twoProportions(samples));
}

const distance = (method: EvidentlyMethod, score: number): ColumnDrift => ({
  method,
  score,
  threshold: DISTANCE,
  drifted: score >= DISTANCE,
});

const test = (method: EvidentlyMethod, score: number): ColumnDrift => ({
  method,
  score,
  threshold: SIGNIFICANCE,
  drifted: score < SIGNIFICANCE,
});
