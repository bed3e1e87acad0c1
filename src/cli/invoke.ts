import { readFile } from 'node:fs/promises';
import { type EnvironmentName, FUNCTIONS, type FunctionName, functionName } from '../../lib/config.ts';
import { invokeFunction } from '../adapters/lambda.ts';
import { shown, TripcastError } from '../errors.ts';
import { connect } from './context.ts';
import type { CommonOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

export interface InvokeOptions {
  readonly function: string;
  readonly event: string;
}

/** `tripcast invoke`: a deployed function with the event in a file. */
export async function invoke(options: InvokeOptions & CommonOptions, terminal: Terminal): Promise<void> {
  const { config } = await connect(options.env);
  const event = await readEvent(options.event);
  const answer = await invokeFunction(functionName(config.env, knownFunction(options.function, config.env)), event);
  terminal.result(answer, () => JSON.stringify(answer, null, 2));
}

/** A function by its folder's name or by the name it is deployed under. */
export function knownFunction(name: string, env: EnvironmentName): FunctionName {
  const known = FUNCTIONS.find((each) => each === name || functionName(env, each) === name);
  if (known !== undefined) return known;
  throw new TripcastError(`There is no function ${shown(name)}`, `Give one of ${FUNCTIONS.join(', ')}.`);
}

async function readEvent(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TripcastError(
      `There is no event file ${path}`,
      'Give a JSON file, for example test/events/kinesis.json.',
      { cause },
    );
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TripcastError(`${path} is not JSON (${String(cause)})`, 'Mend the file.', { cause });
  }
}
