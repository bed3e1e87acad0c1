/**
 * The cells into which a profile counts numbers: a DDSketch (Masson, Rim and Lee, "DDSketch: A fast and fully-mergeable
 * quantile sketch with relative-error guarantees", PVLDB 12(12), 2019, arXiv 1908.10693) whose edges are fixed, so that
 * any two sketches merge by adding counts, exactly and in any order.
 *
 * The edges are those of the paper's fast implementations, which interpolate the logarithm between powers of two: each
 * power of two is cut into 64 equal cells, so a cell is the upper bits of the float32 itself.
 */

/** Bits of a float32's mantissa that tell cells apart. */
const MANTISSA_BITS = 6;
const PER_POWER = 2 ** MANTISSA_BITS;
const DROPPED_BITS = 23 - MANTISSA_BITS;
const EXPONENT_BIAS = 127;

/** Smaller numbers share a cell and count as 0: half a second, and less than a hundredth of a mile. */
const LEAST_POWER = -7;
/** No distance gets there (DISTANCE_LIMIT), and no prediction should. */
const MOST_POWER = 20;
const FIRST_BITS = (EXPONENT_BIAS + LEAST_POWER) * PER_POWER;
const LEAST = 2 ** LEAST_POWER;

/** Cell 0 has what is below 1/128, the last one what is 2^20 or more. */
export const NUMBER_CELLS = (MOST_POWER - LEAST_POWER) * PER_POWER + 2;

/**
 * How far {@link numberOfCell} is from any number of its cell, as a share of that number: 1/129. The paper calls it
 * alpha.
 */
export const RELATIVE_ERROR = 1 / (2 * PER_POWER + 1);

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** @param value finite, 0 or more */
export function cellOfNumber(value: number): number {
  if (value < LEAST) return 0;
  float[0] = value;
  return Math.min(((bits[0] ?? 0) >> DROPPED_BITS) - FIRST_BITS + 1, NUMBER_CELLS - 1);
}

/** The number that stands for a cell, at the same relative distance from both of its edges. */
export function numberOfCell(cell: number): number {
  if (cell === 0) return 0;
  const [low, high] = [edge(cell - 1), edge(cell)];
  return cell === NUMBER_CELLS - 1 ? low : (2 * low * high) / (low + high);
}

/** Where the n-th cell above 1/128 begins. */
const edge = (n: number) => 2 ** (LEAST_POWER + Math.floor(n / PER_POWER)) * (1 + (n % PER_POWER) / PER_POWER);
