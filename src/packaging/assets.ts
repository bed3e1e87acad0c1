import type { FunctionGroup } from './function-groups.ts';

/** What was built from lambdas/ and the native packages, ready to deploy. */
export type FunctionAssets =
  | {
      readonly packaging: 'zip';
      /** One folder per function, each with an index.js. */
      readonly functions: string;
      readonly layers: readonly NativesLayer[];
      readonly architecture: 'x86_64' | 'arm64';
    }
  | { readonly packaging: 'image'; readonly images: readonly ImageContext[] };

export interface NativesLayer {
  readonly group: FunctionGroup;
  /** An archive containing nodejs/node_modules. */
  readonly archive: string;
  /** Changes whenever the content does. */
  readonly hash: string;
}

export interface ImageContext {
  readonly group: FunctionGroup;
  /** A Docker build context: the Dockerfile and everything it copies. */
  readonly context: string;
}
