import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { loadConfig } from '#lib/config/load.ts';
import { TripcastStack } from '#lib/tripcast-stack.ts';
import { buildAssets } from '#packaging/bundle.ts';
import { withLock } from '#setup/lock.mjs';
import { CLONE_LOCAL } from '#setup/paths.mjs';

// Like bin/app.ts, for dev with monitoring.retrain on, as env/dev.json could say.

async function synthesize(): Promise<void> {
  const app = new App({ autoSynth: false });
  const dev = loadConfig('dev');
  const retrain = { on: ['harm' as const], recipe: 'linear-pair' as const, months: 1 };
  const config = { ...dev, monitoring: { ...dev.monitoring, retrain } };
  new TripcastStack(app, { config, assets: await buildAssets('zip'), codeVersion: 'retraining-dev' });
  app.synth();
}

await withLock(join(CLONE_LOCAL, 'synthesis.lock'), synthesize);
