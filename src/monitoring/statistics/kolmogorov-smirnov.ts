import { exactTwoSampleTail, oneSampleTail } from './kolmogorov-distribution.ts';
import { type NumericSamples, total } from './two-samples.ts';

/** Up to this many rows in each sample the p-value is exact. */
const EXACT_ROWS = 10_000;

/**
 * The two-sample Kolmogorov-Smirnov test, two-sided.
 * @returns the distance in 0..1 and its p-value: exact up to 10,000 rows a sample, above that the one-sample distribution
 *   at n m / (n + m) rows
 */
export function kolmogorovSmirnov(samples: NumericSamples): { readonly distance: number; readonly p: number } {
  const [n, m] = [total(samples.reference), total(samples.current)];
  const distance = largestGap(samples, n, m);
  const p =
    Math.max(n, m) <= EXACT_ROWS
      ? exactTwoSampleTail(distance, n, m)
      : oneSampleTail(distance, Math.round((n * m) / (n + m)));
  return { distance, p };
}

function largestGap({ reference, current }: NumericSamples, n: number, m: number): number {
  let [below, belowCurrent, gap] = [0, 0, 0];
  reference.forEach((count, i) => {
    below += count;
    belowCurrent += current[i] ?? 0;
    gap = Math.max(gap, Math.abs(below / n - belowCurrent / m));
  });
  return gap;
}
