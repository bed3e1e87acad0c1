import { down as stopEnvironment } from '#local/down.ts';
import { localstackEndpoint } from '#local/localstack-record.ts';
import { refuseUnlessLocal } from '../local-only.ts';
import type { CommonOptions } from '../options.ts';
import type { Terminal } from '../view/terminal.ts';

/** `tripcast down`: stops the emulator and the functions it runs, and discards its data. A LocalStack is left alone. */
export async function down({ env }: CommonOptions, terminal: Terminal): Promise<void> {
  refuseUnlessLocal('down', env, `\`tripcast destroy --env ${env}\` deletes its stack.`);
  const localstack = localstackEndpoint();
  const onWait = ({ pid }: { readonly pid: number }) =>
    terminal.say(`Waiting for another tripcast (process ${pid}) that is bringing the environment up.`);
  const [stopped, ...others] = await stopEnvironment(onWait);
  terminal.result({ stopped: stopped ?? null, also_stopped: others, left: localstack ?? null }, () => {
    if (stopped !== undefined) return `Stopped the environment at ${[stopped, ...others].join(' and ')}.`;
    return localstack === undefined
      ? 'Nothing was running.'
      : `LocalStack at ${localstack} keeps running; commands no longer go there.`;
  });
}
