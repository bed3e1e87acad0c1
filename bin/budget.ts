import { App } from 'aws-cdk-lib/core';
import { BudgetStack } from '../lib/budget/budget-stack.ts';
import { loadConfig, refuseForeignEndpoint } from '../lib/config.ts';

/**
 * The third CDK app, deployed once an environment, after its stack: a budget that its notices are told of.
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

try {
  synthesize();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
