/** Tests on how often each value occurs. */
import { chiSquareTail, twoSidedNormalTail } from './special-functions.ts';
import { distinct, type TwoSamples, total } from './two-samples.ts';

/**
 * Pearson's chi-square test of the current counts against those that the reference's shares lead to expect.
 * @returns the p-value; 0 when the current sample has a value that the reference lacks, 1 when both have a single value
 */
export function chiSquare({ reference, current }: TwoSamples): number {
  const scale = total(current) / total(reference);
  let statistic = 0;
  let values = 0;
  reference.forEach((count, i) => {
    const [seen, expected] = [current[i] ?? 0, count * scale];
    if (seen === 0 && expected === 0) return;
    statistic += (seen - expected) ** 2 / expected;
    values += 1;
  });
  return values < 2 ? 1 : chiSquareTail(statistic, values - 1);
}

/**
 * The two-proportion Z-test, pooled and two-sided, of the share of rows that do not have the smallest value.
 * @returns the p-value; 1 when both samples have one and the same value alone
 */
export function twoProportions({ reference, current }: TwoSamples): number {
  const [n, m] = [total(reference), total(current)];
  const smallest = reference.findIndex((count, i) => count + (current[i] ?? 0) > 0);
  const others = n - (reference[smallest] ?? 0);
  const currentOthers = m - (current[smallest] ?? 0);
  const pooled = (others + currentOthers) / (n + m);
  if (pooled === 0) return 1;
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  return twoSidedNormalTail(Math.abs(others / n - currentOthers / m) / spread);
}

/** How many distinct values the two samples have together. */
export const distinctOfBoth = ({ reference, current }: TwoSamples): number =>
  distinct(reference.map((count, i) => count + (current[i] ?? 0)));
