import { App } from 'aws-cdk-lib/core';
import { BudgetStack } from '../lib/budget/budget-stack.ts';
import { refuseForeignEndpoint } from '../lib/config/endpoint.ts';
import { loadConfig } from '../lib/config/load.ts';
import { runApp } from './run-app.ts';

/**
 * The third CDK app, deployed once per environment, after its stack: a budget that alerts the topic of notices.
 *
 *     npx cdk deploy --app 'npm run --silent app:budget' --context env=prod
 */
function synthesize(): void {
  const app = new App({ autoSynth: false });
  const config = loadConfig(String(app.node.tryGetContext('env')));
  refuseForeignEndpoint(config);
  new BudgetStack(app, { config });
  app.synth();
}

await runApp(synthesize);
