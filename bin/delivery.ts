import { App } from 'aws-cdk-lib/core';
import { TripcastError } from '#errors.ts';
import { loadConfig } from '../lib/config/load.ts';
import { DeliveryStack } from '../lib/delivery/delivery-stack.ts';
import { parseRepository } from '../lib/delivery/repository.ts';
import { runApp } from './run-app.ts';

/**
 * The second CDK app, which a person deploys once per account, since nothing could deploy before it:
 *
 *     npx cdk deploy --app 'npm run --silent app:delivery' --context env=prod --context repository=OWNER@ID/NAME@ID
 *
 * If the account already has GitHub's identity provider, add `--context provider=existing`; if the repository's tokens
 * name it without ids, add `--context subject=names`.
 */
function synthesize(): void {
  const app = new App({ autoSynth: false });
  const context = (key: string): unknown => app.node.tryGetContext(key);
  const provider = context('provider') ?? 'new';
  if (provider !== 'new' && provider !== 'existing') {
    throw new TripcastError(`--context provider=${String(provider)} is not known`, 'Use new or existing.');
  }
  const config = loadConfig(String(context('env')));
  const repository = parseRepository(context('repository'), context('subject'));
  new DeliveryStack(app, { config, repository, provider });
  app.synth();
}

await runApp(synthesize);
