import { down as stopEnvironment } from '../local/down.ts';
import { localstackEndpoint } from '../local/localstack-up.ts';
import { refuseUnlessLocal } from './local-only.ts';
import type { CommonOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

/** `tripcast down`: stops the emulator and the functions it runs; what it held is gone. A LocalStack is left alone. */
export async function down({ env }: CommonOptions, terminal: Terminal): Promise<void> {
  refuseUnlessLocal('down', env, `\`tripcast destroy --env ${env}\` deletes its stack.`);
  const localstack = localstackEndpoint();
  const stopped = await stopEnvironment();
  terminal.result({ stopped: stopped?.endpointUrl ?? null, left: localstack ?? null }, () => {
    if (stopped !== undefined) return `Stopped the environment at ${stopped.endpointUrl}.`;
    return localstack === undefined
      ? 'Nothing was up.'
      : `LocalStack at ${localstack} runs on; commands no longer go there.`;
  });
}
