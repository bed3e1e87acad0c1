import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { exactTwoSampleTail, oneSampleTail } from '#monitoring/statistics/kolmogorov-distribution.ts';
import { chiSquareTail, logGamma, twoSidedNormalTail } from '#monitoring/statistics/special-functions.ts';

/**
 * scipy 1.17's stats.kstwo.sf, stats.ks_2samp(method='exact'), stats.chi2.sf, and 2 * stats.norm.sf. Above a million rows
 * kstwo takes a limit that is up to 9e-9 off: two of those values are Smirnov's sum with mpmath's 40 digits instead.
 */
const scipy = z
  .object({
    one: z.array(z.tuple([z.number(), z.number(), z.number()])),
    two: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
    chi: z.array(z.tuple([z.number(), z.number(), z.number()])),
    normal: z.array(z.tuple([z.number(), z.number()])),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'files', 'scipy-distributions.json'), 'utf8')));

/** Small probabilities agree in their digits too. */
function expectClose(found: number, wanted: number, relative = 1e-9) {
  expect(Math.abs(found - wanted)).toBeLessThanOrEqual(Math.min(1e-9, Math.max(1e-300, relative * wanted)));
}

test.each(scipy.one)('one sample of %d rows at a distance of %d', (n, d, p) => {
  expect(Math.abs(oneSampleTail(d, n) - p)).toBeLessThan(1e-9);
});

test.each(scipy.two)('samples of %d and %d rows at a distance of %d', (n, m, d, p) => {
  expectClose(exactTwoSampleTail(d, n, m), p);
});

test('by hand: samples of two and three rows', () => {
  // 10 paths; the two that leave at a corner have a distance of 1, and four more one of 2/3 or above
  expect(exactTwoSampleTail(1, 2, 3)).toBeCloseTo(0.2, 15);
  expect(exactTwoSampleTail(0, 2, 3)).toBe(1);
});

test.each(scipy.chi)('chi-square above %d with %d degrees of freedom', (x, df, p) => {
  expectClose(chiSquareTail(x, df), p, 1e-11);
});

test.each(scipy.normal)('a normal variable beyond %d', (z, p) => {
  expectClose(twoSidedNormalTail(z), p, 1e-11);
});

test('the logarithm of the gamma function is that of factorials', () => {
  let factorial = 0;
  for (let n = 1; n <= 170; n += 1) {
    factorial += Math.log(n);
    expect(logGamma(n + 1)).toBeCloseTo(factorial, 10);
  }
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 14);
});
