import { describeStack } from '#adapters/cloudformation.ts';
import { S3Store } from '#adapters/s3.ts';
import { TripcastError } from '#errors.ts';
import { refuseForeignEndpoint } from '#lib/config/endpoint.ts';
import { loadConfig } from '#lib/config/load.ts';
import { type OutputName, stackName } from '#lib/config/names.ts';
import type { Config } from '#lib/config/schema.ts';
import { localApiUrl } from '#local/api-url.ts';
import { devEnvironmentVariables, readEnvironment, useVariables } from '#local/environment.ts';
import { deployCommand, localstackEndpoint } from '#local/localstack-record.ts';
import { Registry } from '#registry/registry.ts';
import { checkAccount } from './account.ts';

/** A deployed environment as a command sees it: its configuration and its stack's outputs. */
export interface Deployment {
  readonly config: Config;
  output(name: OutputName): string;
  /** The predict API's address, without a trailing slash; undefined on an emulator that has no HTTP API. */
  readonly apiUrl: string | undefined;
  readonly data: S3Store;
  readonly models: S3Store;
  readonly registry: Registry;
}

/**
 * Points this process at an environment (region, and for dev the emulator's address and test credentials) and reads the
 * stack's outputs.
 * @throws TripcastError when the emulator is not up, the stack does not exist, or the credentials belong elsewhere
 */
export async function connect(env: string): Promise<Deployment> {
  const config = loadConfig(env);
  const emulator = await pointAt(config);
  const name = stackName(config.env);
  const stack = await describeStack(name);
  if (stack === undefined)
    throw new TripcastError(`The stack ${name} is not deployed in ${config.region}`, deployFix(config));
  const output = (wanted: OutputName) => {
    const value = stack.outputs[wanted];
    if (value === undefined) throw new TripcastError(`The stack ${name} has no output ${wanted}`, deployFix(config));
    return value;
  };
  const models = new S3Store(output('ModelBucketName'));
  return {
    config,
    output,
    apiUrl: emulator === undefined ? output('ApiUrl') : localApiUrl(output('ApiUrl'), emulator),
    models,
    data: new S3Store(output('DataBucketName')),
    registry: new Registry(models, config.model),
  };
}

/**
 * Points this process at an environment, whether or not its stack exists.
 * @returns the emulator's address, or undefined for AWS itself
 */
export async function pointAt(config: Config): Promise<string | undefined> {
  refuseForeignEndpoint(config);
  if (config.endpointUrl === null) {
    process.env.AWS_REGION = config.region;
    await checkAccount(config);
    return undefined;
  }
  const endpointUrl = readEnvironment()?.endpointUrl ?? localstackEndpoint();
  if (endpointUrl === undefined) {
    throw new TripcastError('The local environment is not up', 'Start it with `npx tripcast up`.');
  }
  useVariables(devEnvironmentVariables(endpointUrl));
  return endpointUrl;
}

/** Does something with another environment, then points this process back to where it was. */
export async function keepingEnvironment<T>(work: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  try {
    return await work();
  } finally {
    const changed = Object.keys(process.env).filter((name) => process.env[name] !== before[name]);
    useVariables({ ...Object.fromEntries(changed.map((name) => [name, undefined])), ...before });
  }
}

const deployFix = ({ env, endpointUrl }: Config) =>
  endpointUrl === null
    ? `Deploy it with \`npx cdk deploy --context env=${env}\`.`
    : `Deploy it with \`${readEnvironment() === undefined ? deployCommand() : 'npx tripcast up'}\`.`;
