import { readFile } from 'node:fs/promises';
import { invokeFunction } from '#adapters/lambda.ts';
import { shown, TripcastError } from '#errors.ts';
import { FUNCTIONS, type FunctionName } from '#lib/config/functions.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName } from '#lib/config/names.ts';
import { connect } from '../context.ts';
import type { CommonOptions } from '../options.ts';
import type { Terminal } from '../view/terminal.ts';
import { WrongUsage } from '../wrong-usage.ts';

export interface InvokeOptions {
  readonly function: string;
  readonly event: string;
}

/** `tripcast invoke`: calls a deployed function with the event in a file. */
export async function invoke(options: InvokeOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const name = knownFunction(options.function, options.env);
  const event = await readEvent(options.event);
  const { config } = await connect(options.env);
  const answer = await invokeFunction(functionName(config.env, name), event);
  terminal.result(answer, () => JSON.stringify(answer, null, 2));
}

/** A function by its folder's name or by its deployed name. @throws WrongUsage when there is none */
export function knownFunction(name: string, environment: string): FunctionName {
  const { env } = loadConfig(environment);
  const known = FUNCTIONS.find((each) => each === name || functionName(env, each) === name);
  if (known !== undefined) return known;
  throw new WrongUsage(`There is no function ${shown(name)}`, `Give one of ${FUNCTIONS.join(', ')}.`);
}

async function readEvent(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const problem =
      code === 'ENOENT'
        ? `There is no event file ${path}`
        : `The event file ${path} cannot be read (${code === 'EISDIR' ? 'it is a folder' : String(code)})`;
    throw new TripcastError(problem, 'Give a JSON file, for example test/events/kinesis.json.', { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TripcastError(`${path} is not JSON (${String(cause)})`, 'Fix the file.', { cause });
  }
}
