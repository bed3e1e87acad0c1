/** Probabilities of the normal and the chi-square distribution, each to about 14 digits. */

/** Terms below this share of the sum change nothing. */
const NEGLIGIBLE = 1e-17;

/** ln Gamma(x) for x > 0, by the recurrence below 10. */
export function logGamma(x: number): number {
  let [shifted, product] = [x, 1];
  while (shifted < LARGE) {
    product *= shifted;
    shifted += 1;
  }
  return (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LOG_2_PI + stirlingSeries(shifted) - Math.log(product);
}

/** What Stirling's formula lacks: ln n! - ((n + 1/2) ln n - n + ln(2 pi) / 2), for a whole n above 0. */
export function stirlingError(n: number): number {
  if (n >= LARGE) return stirlingSeries(n);
  return logGamma(n + 1) - (n + 0.5) * Math.log(n) + n - HALF_LOG_2_PI;
}

/** From here on eight terms of the series leave an error below 1e-16. */
const LARGE = 10;

/** DLMF 5.11.1, without its leading terms. */
function stirlingSeries(x: number): number {
  const inverse = 1 / x;
  let sum = 0;
  for (let i = STIRLING.length - 1; i >= 0; i -= 1) sum = sum * inverse * inverse + (STIRLING[i] ?? 0);
  return sum * inverse;
}

/** B(2k) / (2k (2k - 1)), k = 1.., with B the Bernoulli numbers. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];
const HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * The regularized upper incomplete gamma function Q(a, x), for a > 0: a series below a + 1 (DLMF 8.11.4), a continued
 * fraction above (DLMF 8.9.2), evaluated by Lentz's method as Thompson and Barnett (1986) modified it.
 */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term > sum * NEGLIGIBLE; n += 1) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - front * sum;
  }
  let b = x + 1 - a;
  let c = Number.POSITIVE_INFINITY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 10_000; n += 1) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return front * fraction;
}

/** P(X > x) for a chi-square variable: DLMF 8.2.4 with Q(df / 2, x / 2). */
export const chiSquareTail = (x: number, degreesOfFreedom: number): number => upperGamma(degreesOfFreedom / 2, x / 2);

/** P(|Z| > z) for a standard normal variable, z >= 0: erfc(z / sqrt 2) = Q(1/2, z^2 / 2), DLMF 7.11.2. */
export const twoSidedNormalTail = (z: number): number => upperGamma(0.5, (z * z) / 2);
