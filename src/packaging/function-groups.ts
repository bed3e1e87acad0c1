import { FUNCTIONS, type FunctionName } from '#lib/config/functions.ts';
import type { Config } from '#lib/config/schema.ts';

/** The libraries in machine code that functions load, each with the packages that it needs. */
export const NATIVE_LIBRARIES = ['onnxruntime', 'duckdb', 'xgboost'] as const;
export type NativeLibrary = (typeof NATIVE_LIBRARIES)[number];

/** Functions that share a layer or an image, and the libraries in it. */
export interface FunctionGroup {
  readonly name: 'main' | 'serving';
  readonly functions: readonly FunctionName[];
  readonly libraries: readonly NativeLibrary[];
}

/** The functions that only score. */
const SERVING: readonly FunctionName[] = ['stream-score', 'predict', 'score'];

/**
 * All functions in one group, unless our own engine alone scores: then those that serve leave out what only training
 * and its checks use.
 */
export function functionGroups(engine: Config['engine']): readonly FunctionGroup[] {
  if (engine !== 'tripcast') return [{ name: 'main', functions: FUNCTIONS, libraries: NATIVE_LIBRARIES }];
  return [
    { name: 'main', functions: FUNCTIONS.filter((name) => !SERVING.includes(name)), libraries: NATIVE_LIBRARIES },
    { name: 'serving', functions: SERVING, libraries: ['duckdb'] },
  ];
}
