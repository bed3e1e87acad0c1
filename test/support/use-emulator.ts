import { inject } from 'vitest';
import { devEnvironmentVariables } from '#local/environment.ts';

// Every client and every command that an integration test starts talks to the emulator of this run.
for (const [name, value] of Object.entries(devEnvironmentVariables(inject('endpointUrl')))) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
