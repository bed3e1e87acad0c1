/** What was built from lambdas/ and the native packages, ready to be deployed. */
export type FunctionAssets =
  | {
      readonly packaging: 'zip';
      /** One folder a function in it, with an index.js. */
      readonly functions: string;
      /** The natives layer: an archive with nodejs/node_modules in it. */
      readonly layer: string;
      /** Changes whenever the layer's content does. */
      readonly layerHash: string;
      readonly architecture: 'x86_64' | 'arm64';
    }
  | {
      readonly packaging: 'image';
      /** A Docker build context: the Dockerfile and all that it copies. */
      readonly context: string;
    };
