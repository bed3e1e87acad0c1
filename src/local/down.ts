import { stopEmulator } from './emulator.ts';
import { forgetEnvironment, type LocalEnvironment, readEnvironment } from './environment.ts';
import { forgetLocalStack } from './localstack-up.ts';
import { stopMlflow } from './mlflow.ts';

/**
 * Stops the local environment: the emulator with all it holds, the functions it runs, and MLflow.
 * @returns what was stopped; undefined when nothing was up
 */
export async function down(): Promise<LocalEnvironment | undefined> {
  const environment = readEnvironment();
  if (environment !== undefined) {
    const { mlflow } = environment;
    await Promise.all([stopEmulator(environment), mlflow && stopMlflow(mlflow)]);
  }
  forgetEnvironment();
  forgetLocalStack();
  return environment;
}
