import { logLines } from '#adapters/logs.ts';
import { FUNCTIONS } from '#lib/config/functions.ts';
import { functionName } from '#lib/config/names.ts';
import { connect } from '../context.ts';
import { interruptible } from '../interruptible.ts';
import type { CommonOptions } from '../options.ts';
import type { Terminal } from '../view/terminal.ts';
import { knownFunction } from './invoke.ts';

export interface LogsOptions {
  readonly function: string | undefined;
  readonly follow: boolean;
  readonly minutes: number;
}

/** `tripcast logs`: what one function wrote, or all of them; with --follow until Ctrl-C, or until nobody reads. */
export async function logs(options: LogsOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const names = options.function === undefined ? FUNCTIONS : [knownFunction(options.function, options.env)];
  const { config } = await connect(options.env);
  const since = new Date(Math.max(0, Date.now() - options.minutes * 60_000));
  await interruptible(async (interrupted) => {
    const signal = AbortSignal.any([interrupted, terminal.lost]);
    const show = async (name: (typeof FUNCTIONS)[number]) => {
      const group = `/aws/lambda/${functionName(config.env, name)}`;
      for await (const { at, text } of logLines(group, { since, signal, follow: options.follow })) {
        terminal.result({ at, function: name, text }, () => `${at.toISOString()}  ${name}  ${text}`);
      }
    };
    await Promise.all(names.map(show));
  });
}
