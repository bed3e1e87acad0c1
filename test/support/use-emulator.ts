import { emulatorIn } from './worker-emulator.ts';

// Every client and every command that an integration test starts talks to the emulator of its worker.

const dir = `${process.env.TRIPCAST_LOCAL}-${process.env.VITEST_POOL_ID}`;
process.env.TRIPCAST_LOCAL = dir; // before anything reads it
const { devEnvironmentVariables, readEnvironment, useVariables } = await import('#local/environment.ts');
const { endpointUrl } = await emulatorIn(dir, readEnvironment);
useVariables(devEnvironmentVariables(endpointUrl));
