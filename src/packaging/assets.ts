/** What was built from lambdas/ and the native packages, ready to deploy. */
export type FunctionAssets =
  | {
      readonly packaging: 'zip';
      /** One folder per function, each with an index.js. */
      readonly functions: string;
      /** The natives layer: an archive containing nodejs/node_modules. */
      readonly layer: string;
      /** Changes whenever the layer's content does. */
      readonly layerHash: string;
      readonly architecture: 'x86_64' | 'arm64';
    }
  | {
      readonly packaging: 'image';
      /** A Docker build context: the Dockerfile and everything it copies. */
      readonly context: string;
    };
