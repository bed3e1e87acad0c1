/**
 * An element of a float array, at an index that is known to be in range; NaN out of range, so that a mistake shows in
 * every figure made from it. It exists because the compiler counts any `values[i]` as possibly undefined
 * (noUncheckedIndexedAccess).
 *
 * It takes float arrays only, because loops over all rides call it: V8 compiles the access for the kinds of array that
 * pass through it, and once lists and integer arrays do, a call takes about ten times as long.
 */
export const at = (values: Float64Array | Float32Array, index: number): number => values[index] ?? Number.NaN;

/** The same for any kind of array, where speed does not matter. */
export const elementAt = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;
