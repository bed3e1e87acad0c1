/**
 * How often the Kolmogorov-Smirnov distance of samples from one and the same continuous distribution is at least as
 * large as one that was seen.
 */
import { logGamma, stirlingError } from './special-functions.ts';

/**
 * Two samples, exactly: the share of lattice paths from (0, 0) to (n, m) that reach a point (i, j) with
 * |i / n - j / m| >= d (Hodges, "The significance probability of the Smirnov two-sample test", 1958). A random path
 * comes to (i, j) from (i - 1, j) with probability i / (i + j); each probability is a sum of positive terms, so that
 * small ones keep their digits.
 * Takes time n times the width of the band inside, 2 d m.
 * @param d a multiple of 1 / lcm(n, m), up to rounding
 */
export function exactTwoSampleTail(d: number, n: number, m: number): number {
  const reached = d - 0.5 / n / m; // rounding may not decide whether a point is outside
  if (reached <= 0) return 1;
  // outside[j] is the probability that a path which has come to (i, j) was outside before; 1 wherever (i, j) itself is.
  const outside = new Float64Array(m + 1).fill(1);
  for (let i = 0; i <= n; i += 1) {
    const center = (i / n) * m;
    const from = Math.max(0, Math.ceil(center - reached * m));
    const to = Math.min(m, Math.floor(center + reached * m));
    let left = from === 0 ? 0 : 1; // (i, from - 1) is outside
    if (from > 0) outside[from - 1] = 1;
    for (let j = from; j <= to; j += 1) {
      left = i + j === 0 ? 0 : (i * (outside[j] ?? 1) + j * left) / (i + j);
      outside[j] = left;
    }
  }
  return outside[m] ?? 1;
}

/**
 * One sample of size n against its distribution, P(D_n >= d): the methods and their ranges are those that Simard and
 * L'Ecuyer chose ("Computing the two-sided Kolmogorov-Smirnov distribution", Journal of Statistical Software 39(11),
 * 2011), except that Durbin's matrix also covers the range for which they take Pomeranz's recursion.
 * @returns a probability with an absolute error below 1e-9
 */
export function oneSampleTail(d: number, n: number): number {
  if (d >= 1) return 0;
  if (n * d <= 0.5) return 1;
  const nSquared = n * d * d;
  if (d >= 0.5 || nSquared > (n <= 140 ? 4 : 2.2)) return Math.min(1, 2 * oneSidedTail(d, n));
  const isSmall = n <= 140 || (n <= 100_000 && n * d ** 1.5 <= 1.4);
  return clip(1 - (isSmall ? durbin(d, n) : pelzGood(d, n)));
}

const clip = (probability: number) => Math.min(1, Math.max(0, probability));

/**
 * P(D_n+ >= d) by Smirnov's sum (1944); twice it is the two-sided tail when that is small. Its j-th term is the
 * probability of j successes in n trials of probability d + j / n, times d over that probability.
 */
function oneSidedTail(d: number, n: number): number {
  let sum = (1 - d) ** n; // j = 0
  for (let j = 1; j <= Math.floor(n * (1 - d)); j += 1) {
    const p = d + j / n;
    if (p < 1) sum += (d / p) * binomial(j, n, n * d + j);
  }
  return sum;
}

/**
 * The probability of j successes (0 < j < n) when `mean` are expected of n trials: Loader, "Fast and accurate computation
 * of binomial probabilities", 2000. Logarithms of factorials would lose the digits that a million trials need.
 */
const binomial = (j: number, n: number, mean: number): number =>
  Math.sqrt(n / (2 * Math.PI * j * (n - j))) *
  Math.exp(stirlingError(n) - stirlingError(j) - stirlingError(n - j) - deviance(j, mean) - deviance(n - j, n - mean));

/** x ln(x / mean) + mean - x, by its series where the two are close. */
function deviance(x: number, mean: number): number {
  const difference = x - mean;
  if (Math.abs(difference) > 0.1 * (x + mean)) return x * Math.log(x / mean) - difference;
  const v = difference / (x + mean);
  let [sum, power] = [difference * v, 2 * x * v];
  for (let k = 3; ; k += 2) {
    power *= v * v;
    const next = sum + power / k;
    if (next === sum) return sum;
    sum = next;
  }
}

/**
 * P(D_n < d): Durbin's matrix, in the form of Marsaglia, Tsang and Wang, "Evaluating Kolmogorov's distribution", Journal
 * of Statistical Software 8(18), 2003.
 */
function durbin(d: number, n: number): number {
  const k = Math.ceil(n * d);
  const h = k - n * d;
  const size = 2 * k - 1;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) matrix[i * size + j] = i - j + 1 < 0 ? 0 : 1;
  }
  const cell = (i: number, j: number) => matrix[i * size + j] ?? 0;
  for (let i = 0; i < size; i += 1) {
    matrix[i * size] = cell(i, 0) - h ** (i + 1);
    matrix[(size - 1) * size + i] = cell(size - 1, i) - h ** (size - i);
  }
  matrix[(size - 1) * size] = cell(size - 1, 0) + (2 * h > 1 ? (2 * h - 1) ** size : 0);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) {
      for (let g = 1; g <= i - j + 1; g += 1) matrix[i * size + j] = cell(i, j) / g;
    }
  }
  const { power, logScale } = raise(matrix, size, n);
  const center = power[(k - 1) * size + k - 1] ?? 0;
  return center <= 0 ? 0 : Math.exp(Math.log(center) + logScale + logGamma(n + 1) - n * Math.log(n));
}

/** matrix ^ n by repeated squaring, kept in range: the power is `power` times exp(logScale). */
function raise(matrix: Float64Array<ArrayBuffer>, size: number, n: number) {
  let [base, baseScale] = [matrix, 0];
  let [power, logScale] = [identity(size), 0];
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) [power, logScale] = rescale(multiply(power, base, size), logScale + baseScale);
    if (rest > 1) [base, baseScale] = rescale(multiply(base, base, size), 2 * baseScale);
  }
  return { power, logScale };
}

function identity(size: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) result[i * size + i] = 1;
  return result;
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let k = 0; k < size; k += 1) {
      const factor = a[i * size + k] ?? 0;
      if (factor === 0) continue;
      for (let j = 0; j < size; j += 1) {
        product[i * size + j] = (product[i * size + j] ?? 0) + factor * (b[k * size + j] ?? 0);
      }
    }
  }
  return product;
}

function rescale(matrix: Float64Array<ArrayBuffer>, logScale: number): [Float64Array<ArrayBuffer>, number] {
  const largest = matrix.reduce((most, value) => Math.max(most, value), 0);
  if (largest < 1e100 && largest > 1e-100) return [matrix, logScale];
  return [matrix.map((value) => value / largest), logScale + Math.log(largest)];
}

/**
 * P(D_n < d) to order n^-3/2: Pelz and Good, "Approximating the lower tail-areas of the Kolmogorov-Smirnov one-sample
 * statistic", Journal of the Royal Statistical Society B 38, 1976.
 */
function pelzGood(d: number, n: number): number {
  const z = d * Math.sqrt(n);
  const [z2, z4] = [z ** 2, z ** 4];
  const [z6, z8] = [z2 * z4, z4 * z4];
  let [k0, k1, k2, k3] = [0, 0, 0, 0];
  // Both sums run over all integers k, of which k and -1 - k (k and -k in the second) are alike.
  for (let k = 0; ; k += 1) {
    const p2 = (Math.PI * (k + 0.5)) ** 2;
    const weight = 2 * Math.exp(-p2 / (2 * z2));
    const q2 = (Math.PI * k) ** 2;
    const whole = k === 0 ? 0 : 2 * Math.exp(-q2 / (2 * z2));
    k0 += weight;
    k1 += weight * (p2 - z2);
    k2 += weight * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * p2 + (1 - 2 * z2) * p2 ** 2) - 2 * z4 * whole * q2;
    k3 +=
      weight *
        ((5 - 30 * z2) * p2 ** 3 + (-60 * z2 + 212 * z4) * p2 ** 2 + (135 * z4 - 96 * z6) * p2 - 30 * z6 - 90 * z8) +
      30 * z4 * whole * (3 * q2 * z2 - q2 ** 2);
    if (weight * p2 ** 3 < 1e-18 && k > 0) break;
  }
  const root = Math.sqrt(Math.PI / 2);
  return (
    root *
    (k0 / z + k1 / (6 * z4) / Math.sqrt(n) + k2 / (72 * z4 * z2 * z) / n + k3 / (6480 * z8 * z2) / (n * Math.sqrt(n)))
  );
}
