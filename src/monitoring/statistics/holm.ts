/**
 * Holm's step-down procedure ("A simple sequentially rejective multiple test procedure", 1979), which keeps the chance of
 * any false rejection at the level.
 * @returns the adjusted p-values, in the order given
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const adjusted = new Array<number>(pValues.length).fill(1);
  const ascending = pValues.map((p, i) => ({ p, i })).sort((a, b) => a.p - b.p);
  let least = 0;
  for (const [rank, { p, i }] of ascending.entries()) {
    least = Math.min(1, Math.max(least, p * (pValues.length - rank)));
    adjusted[i] = least;
  }
  return adjusted;
}
