import { stopEmulator } from './emulator.ts';
import { forgetEnvironment, type LocalEnvironment, readEnvironment } from './environment.ts';

/**
 * Stops the local environment: the emulator with all it holds, and the functions it runs.
 * @returns what was stopped; undefined when nothing was up
 */
export async function down(): Promise<LocalEnvironment | undefined> {
  const environment = readEnvironment();
  if (environment !== undefined) await stopEmulator(environment);
  forgetEnvironment();
  return environment;
}
