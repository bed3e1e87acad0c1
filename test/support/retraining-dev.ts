import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { loadConfig } from '#lib/config/load.ts';
import type { Config } from '#lib/config/schema.ts';
import { TripcastStack } from '#lib/tripcast-stack.ts';
import { buildAssets } from '#packaging/bundle.ts';
import { withLock } from '#setup/lock.mjs';
import { CLONE_LOCAL } from '#setup/paths.mjs';

// Like bin/app.ts, for dev with a retraining policy, as env/dev.json could say: `node test/support/retraining-dev.ts NAME`.

const quick: Omit<Config['retrain'], 'on' | 'recalibrate'> = {
  recipe: 'linear-pair',
  windows: [1],
  late: 2,
  promote: 'best',
};
const POLICIES: Readonly<Record<string, Config['retrain']>> = {
  'after-harm': { ...quick, on: ['harm'], recalibrate: false },
  'every-month': { ...quick, on: ['month'], recalibrate: true },
};

async function synthesize(): Promise<void> {
  const app = new App({ autoSynth: false });
  const dev = loadConfig('dev');
  const retrain = POLICIES[process.argv[2] ?? ''];
  if (retrain === undefined) throw new Error(`Name one of ${Object.keys(POLICIES).join(', ')}`);
  const config = { ...dev, retrain };
  new TripcastStack(app, { config, assets: await buildAssets(config), codeVersion: 'retraining-dev' });
  app.synth();
}

await withLock(join(CLONE_LOCAL, 'synthesis.lock'), synthesize);
