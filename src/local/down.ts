import { withLock } from '#setup/lock.mjs';
import { LOCAL, UP_LOCK } from '#setup/paths.mjs';
import { stopEmulator } from './emulator.ts';
import { forgetEnvironment, readEnvironment } from './environment.ts';
import { stopLeftovers } from './leftovers.ts';
import { forgetLocalStack } from './localstack-record.ts';
import { stopMlflow } from './mlflow.ts';

/**
 * Stops the local environment: the emulator with all its data, the functions it runs, and MLflow; and emulators that a
 * killed `up` left behind. Waits for an `up` in progress.
 * @param onWait called once with that process, if there is a wait
 * @returns the addresses of the stopped emulators
 */
export function down(onWait: (holder: { readonly pid: number }) => void = () => {}): Promise<readonly string[]> {
  return withLock(UP_LOCK, stopAll, { onWait });
}

async function stopAll(): Promise<readonly string[]> {
  const environment = readEnvironment();
  if (environment !== undefined) {
    const { mlflow } = environment;
    await Promise.all([stopEmulator(environment), mlflow && stopMlflow(mlflow)]);
  }
  const leftovers = await stopLeftovers(LOCAL);
  forgetEnvironment();
  forgetLocalStack();
  return [...(environment ? [environment.endpointUrl] : []), ...leftovers.map((port) => `http://127.0.0.1:${port}`)];
}
