import { at } from '../at.ts';

/**
 * Solves A w = b by Cholesky factorization, A = L L'. `matrix` is overwritten.
 * @param matrix symmetric and positive definite, `[n * n]`
 * @param right  `[n]`
 * @throws RangeError when the matrix is not positive definite
 */
export function solveSymmetric(matrix: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  factorise(matrix, n);
  const solution = Float64Array.from(right);
  for (let i = 0; i < n; i += 1) {
    let value = at(solution, i);
    for (let k = 0; k < i; k += 1) value -= at(matrix, i * n + k) * at(solution, k);
    solution[i] = value / at(matrix, i * n + i);
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    let value = at(solution, i);
    for (let k = i + 1; k < n; k += 1) value -= at(matrix, k * n + i) * at(solution, k);
    solution[i] = value / at(matrix, i * n + i);
  }
  return solution;
}

/** Writes L over the lower half of A. */
function factorise(matrix: Float64Array, n: number): void {
  for (let j = 0; j < n; j += 1) {
    for (let i = j; i < n; i += 1) {
      let value = at(matrix, i * n + j);
      for (let k = 0; k < j; k += 1) value -= at(matrix, i * n + k) * at(matrix, j * n + k);
      if (i > j) {
        matrix[i * n + j] = value / at(matrix, j * n + j);
      } else if (value > 0) {
        matrix[j * n + j] = Math.sqrt(value);
      } else {
        throw new RangeError(`The matrix is not positive definite: pivot ${j} is ${value}.`);
      }
    }
  }
}
