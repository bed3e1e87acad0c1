import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { FunctionName } from '#lib/config/functions.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName } from '#lib/config/names.ts';
import { Docker } from '#packaging/docker.ts';
import { type Outcome, RuntimeApi } from './runtime-api.ts';

export const docker = new Docker(process.env.DOCKER_HOST, process.env.TRIPCAST_DOCKER_LOG);
export const IMAGE = process.env.TRIPCAST_IMAGE ?? '';
/** Of the functions that serve, with our own engine alone. */
export const SERVING_IMAGE = process.env.TRIPCAST_SERVING_IMAGE ?? '';
export const BASE_IMAGE = process.env.TRIPCAST_BASE_IMAGE ?? '';

/** How a function that timed out, or whose environment crashed, ends for its caller. */
export type Ended =
  | { readonly kind: 'timeout'; readonly seconds: number }
  | { readonly kind: 'crash'; readonly log: string };

/** What containers share with Lambda: a read-only root, 512 MB of /tmp, a user like Lambda's, and no privileges. */
export const LIKE_LAMBDA = [
  ...['--read-only', '--tmpfs', '/tmp:size=512m', '--user', '993:990'],
  ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--network', 'host'],
];

/** How long Lambda gives an environment to start up. */
const INIT_SECONDS = 10;

export interface FunctionOptions {
  /** By default, the one with all functions. */
  readonly image?: string;
  /** Override those of the deployed function. */
  readonly env?: Readonly<Record<string, string>>;
  /** Overrides prod's. */
  readonly timeoutSeconds?: number;
}

/**
 * A function in the image as Lambda runs it: in a container of prod's size, with the deployed function's variables, on
 * the real runtime interface client. A container that crashed or timed out is replaced with a new one.
 */
export class FunctionInImage implements AsyncDisposable {
  readonly name: FunctionName;
  readonly #options: FunctionOptions;
  #environment: ExecutionEnvironment | undefined;

  constructor(name: FunctionName, options: FunctionOptions = {}) {
    this.name = name;
    this.#options = options;
  }

  async invoke(event: unknown): Promise<Outcome | Ended> {
    const size = loadConfig('prod').functions[this.name];
    const { memoryMb, timeoutSeconds, image } = { ...size, image: IMAGE, ...this.#options };
    const variables = { ...(await deployedVariables(this.name)), ...this.#options.env };
    this.#environment ??= await ExecutionEnvironment.start(this.name, { image, memoryMb, variables });
    const outcome = await this.#environment.invoke(event, timeoutSeconds);
    if (outcome.kind === 'timeout' || outcome.kind === 'crash') await this[Symbol.asyncDispose]();
    return outcome;
  }

  /** The function's answer. @throws when there is none */
  async answer(event: unknown): Promise<unknown> {
    const outcome = await this.invoke(event);
    if (outcome.kind === 'answer') return outcome.value;
    throw new Error(`${this.name} in the image: ${JSON.stringify(outcome)}`);
  }

  /** The peak memory of its process so far. */
  async peakMemoryMb(): Promise<number> {
    if (this.#environment === undefined) throw new Error(`${this.name} does not run`);
    return this.#environment.peakMemoryMb();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#environment;
    this.#environment = undefined; // first: if stopping fails, it is not tried again
    await ended?.stop();
  }
}

interface Environment {
  readonly image: string;
  readonly memoryMb: number;
  readonly variables: Readonly<Record<string, string>>;
}

class ExecutionEnvironment {
  readonly #api: RuntimeApi;
  readonly #container: string;
  readonly #ended: Promise<void>;
  #log = '';
  #isWarm = false;

  private constructor(api: RuntimeApi, container: string, args: readonly string[]) {
    this.#api = api;
    this.#container = container;
    const child = docker.start('run', '--name', container, ...args);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    }
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
  }

  static async start(name: FunctionName, { image, memoryMb, variables }: Environment) {
    const api = await RuntimeApi.listen();
    const env = {
      ...variables,
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_FUNCTION_NAME: functionName('prod', name),
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName('prod', name)}`,
      AWS_LAMBDA_LOG_STREAM_NAME: '2023/05/15/[$LATEST]image',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    };
    const flags = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const memory = ['--memory', `${memoryMb}m`, '--memory-swap', `${memoryMb}m`];
    const args = [...LIKE_LAMBDA, ...memory, ...flags, image, `${name}/index.handler`];
    return new ExecutionEnvironment(api, `tripcast-test-${randomUUID().slice(0, 8)}`, args);
  }

  async invoke(event: unknown, seconds: number): Promise<Outcome | Ended> {
    const given = seconds + (this.#isWarm ? 0 : INIT_SECONDS);
    this.#isWarm = true;
    const over = new AbortController();
    const timeout = sleep(given * 1000, { kind: 'timeout', seconds } as const, { signal: over.signal });
    const crash = this.#ended.then(() => ({ kind: 'crash', log: this.#log }) as const);
    try {
      return await Promise.race([this.#api.invoke(event, Date.now() + given * 1000), timeout, crash]);
    } finally {
      over.abort();
      timeout.catch(() => {}); // it is aborted once it is not needed
    }
  }

  async peakMemoryMb(): Promise<number> {
    const pid = await docker.run('inspect', '--format', '{{.State.Pid}}', this.#container);
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1024;
  }

  async stop(): Promise<void> {
    await docker.run('rm', '--force', this.#container);
    await this.#ended;
    this.#api.close();
  }
}

const lambda = new LambdaClient({});
const known = new Map<FunctionName, Record<string, string>>();

/** The stack's variables for the function, with the test's address of the emulator. */
async function deployedVariables(name: FunctionName): Promise<Record<string, string>> {
  const there = known.get(name);
  if (there !== undefined) return there;
  const { Environment } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: functionName('dev', name) }),
  );
  const { AWS_ENDPOINT_URL = '', AWS_REGION = '' } = process.env;
  const variables = {
    ...Environment?.Variables,
    AWS_ENDPOINT_URL,
    AWS_REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  known.set(name, variables);
  return variables;
}
