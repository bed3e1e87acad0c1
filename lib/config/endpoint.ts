import { shown, TripcastError } from '#errors.ts';
import type { Config } from './schema.ts';

/**
 * Keeps calls meant for AWS itself from going to an emulator: the SDKs and the CDK all follow AWS_ENDPOINT_URL.
 * @throws TripcastError naming the variable
 */
export function refuseForeignEndpoint({ env, endpointUrl }: Config, variables: NodeJS.ProcessEnv = process.env): void {
  const [name, value] = Object.entries(variables).find(([key]) => /^AWS_ENDPOINT_URL(_|$)/.test(key)) ?? [];
  if (endpointUrl !== null || name === undefined) return;
  throw new TripcastError(
    `${name} is set (${shown(value)}), but the environment ${env} is on AWS`,
    `Unset ${name}, or use the environment dev.`,
  );
}

/**
 * Whether buckets, topics and queues refuse plain HTTP: everywhere but on an emulator that speaks only HTTP and that,
 * with its IAM switched on, would refuse everything.
 */
export const isTlsOnly = ({ endpointUrl }: Config) =>
  endpointUrl === null || new URL(endpointUrl).protocol === 'https:';
