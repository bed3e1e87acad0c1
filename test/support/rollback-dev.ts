import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { loadConfig } from '#lib/config/load.ts';
import { TripcastStack } from '#lib/tripcast-stack.ts';
import { buildAssets } from '#packaging/bundle.ts';
import { withLock } from '#setup/lock.mjs';
import { CLONE_LOCAL } from '#setup/paths.mjs';

// Like bin/app.ts, for dev with rollback on, as env/dev.json could say.

async function synthesize(): Promise<void> {
  const app = new App({ autoSynth: false });
  const config = { ...loadConfig('dev'), rollback: { toleranceMinutes: 0.1 } };
  new TripcastStack(app, { config, assets: await buildAssets(config), codeVersion: 'rollback-dev' });
  app.synth();
}

await withLock(join(CLONE_LOCAL, 'synthesis.lock'), synthesize);
