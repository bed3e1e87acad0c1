import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * For esbuild: the AWS SDK as far as functions use it. What it imports on demand, and they never demand, is a quarter of a
 * bundle: the modules themselves, and the unused code of all that these share with the rest.
 */
export const LEAN_SDK: Plugin = {
  name: 'lean-sdk',
  setup({ onResolve, onLoad }) {
    // Lambda puts a function's credentials in its variables: no profiles, no single sign-on, no instances.
    onLoad({ filter: /credential-provider-node[\\/]dist-es[\\/]index\.js$/ }, ({ path }) => ({
      contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
      resolveDir: dirname(path),
    }));
    // HTTP/2, which the SDK would use for Kinesis alone: src/adapters/kinesis.ts gives it HTTP/1.1.
    onLoad({ filter: /node-http-handler[\\/]dist-es[\\/]node-http2-handler\.js$/ }, () => ({
      contents: `export class NodeHttp2Handler {
        static create(given) {
          if (typeof given?.handle === 'function') return given;
          throw new Error('The bundle of a function has no HTTP/2: see src/packaging/lean-sdk.ts.');
        }
      }`,
    }));
    // Calls that stream events, such as SubscribeToShard.
    onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace: 'left-out' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `throw new Error('The bundle of a function does not contain ${path}: see src/packaging/lean-sdk.ts.');`,
    }));
  },
};
