import { down as stopEnvironment } from '../local/down.ts';
import type { CommonOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

/** `tripcast down`: stops the emulator and the functions it runs; what it held is gone. */
export async function down(_options: CommonOptions, terminal: Terminal): Promise<void> {
  const stopped = await stopEnvironment();
  terminal.result({ stopped: stopped?.endpointUrl ?? null }, () =>
    stopped === undefined ? 'Nothing was up.' : `Stopped the environment at ${stopped.endpointUrl}.`,
  );
}
