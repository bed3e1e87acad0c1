/** Student's t distribution, for the few degrees of freedom that a month of days leaves. */

const BISECTIONS = 80;
/** Beyond what any level in use needs: one degree of freedom reaches 1 - 1e-7 here. */
const LARGEST = 1e7;

/**
 * The probability that |T| is at most t, in closed form: Abramowitz and Stegun, "Handbook of Mathematical Functions",
 * 26.7.3 (odd degrees of freedom) and 26.7.4 (even ones).
 * @param freedom degrees of freedom, a whole number above zero
 */
export function studentWithin(t: number, freedom: number): number {
  const angle = Math.atan2(t, Math.sqrt(freedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = 0;
  for (let k = isOdd ? 1 : 0; k <= freedom - 2; k += 2) {
    sum += term;
    term *= ((k + 1) / (k + 2)) * cosine * cosine;
  }
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/** The t that a value stays below with this probability. @param level above 0.5 and below 1 */
export function studentQuantile(level: number, freedom: number): number {
  let [low, high] = [0, LARGEST];
  for (let i = 0; i < BISECTIONS; i += 1) {
    const middle = (low + high) / 2;
    if ((1 + studentWithin(middle, freedom)) / 2 < level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
