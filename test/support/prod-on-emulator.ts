import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { loadConfig } from '#lib/config/load.ts';
import { TripcastStack } from '#lib/tripcast-stack.ts';
import { buildAssets } from '#packaging/bundle.ts';
import { withLock } from '#setup/lock.mjs';
import { CLONE_LOCAL } from '#setup/paths.mjs';

// Like bin/app.ts, for a second environment on an emulator: env/prod.json, minus what an emulator without Docker lacks.

async function synthesize(): Promise<void> {
  const app = new App({ autoSynth: false });
  const prod = loadConfig('prod');
  const config = {
    ...prod,
    packaging: 'zip' as const,
    serving: { rollout: { kind: 'all-at-once' as const } },
    alarms: { ...prod.alarms, metricMath: false },
  };
  new TripcastStack(app, { config, assets: await buildAssets(config), codeVersion: 'prod-on-emulator' });
  app.synth();
}

await withLock(join(CLONE_LOCAL, 'synthesis.lock'), synthesize);
