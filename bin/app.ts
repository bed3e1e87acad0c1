import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { codeVersion } from '#adapters/git.ts';
import { count, table } from '#cli/view/terminal.ts';
import { TripcastError } from '#errors.ts';
import { type BundleSizes, buildAssets } from '#packaging/bundle.ts';
import { withLock } from '#setup/lock.mjs';
import { CLONE, CLONE_LOCAL } from '#setup/paths.mjs';
import { refuseForeignEndpoint } from '../lib/config/endpoint.ts';
import { ENVIRONMENTS } from '../lib/config/environment-files.ts';
import { loadConfig } from '../lib/config/load.ts';
import { TripcastStack } from '../lib/tripcast-stack.ts';
import { runApp } from './run-app.ts';

/** The CDK app: one stack, for the environment that `--context env=...` names. */
async function synthesize(): Promise<void> {
  const app = new App({ autoSynth: false });
  const env: unknown = app.node.tryGetContext('env');
  if (typeof env !== 'string') {
    const choices = ENVIRONMENTS.map((name) => `--context env=${name}`).join(' or ');
    throw new TripcastError('No environment was given', `Add ${choices}.`);
  }
  const config = loadConfig(env);
  refuseForeignEndpoint(config);
  const [assets, version] = await Promise.all([buildAssets(config, showSizes), codeVersion(CLONE)]);
  new TripcastStack(app, { config, assets, codeVersion: version });
  app.synth();
}

/** On standard error: standard output is the template, for those who ask for it. */
function showSizes(sizes: BundleSizes): void {
  const kilobytes = (bytes: number) => count(Math.round(bytes / 1000));
  const rows = [...sizes].sort(([, a], [, b]) => b - a).map(([bundle, bytes]) => [bundle, kilobytes(bytes)]);
  console.error(table(['bundle', 'kB'], rows));
}

// The assets are in a shared folder of the clone until they are copied to the assembly: one synthesis at a time.
await runApp(() => withLock(join(CLONE_LOCAL, 'synthesis.lock'), synthesize));
