import { Key } from 'aws-cdk-lib/aws-kms';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { resourceName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';

/** How a role that cannot know the key's id finds the key. */
export const dataKeyAlias = ({ env }: Config) => resourceName(env, 'data');

/**
 * The environment's own key for its buckets, its streams and its functions' variables, if it is configured to have one;
 * otherwise AWS's keys are used. It outlives the stack whenever they do: without it, nothing in them can be read.
 */
export function createDataKey(scope: Construct, id: string, config: Config): Key | undefined {
  if (!config.dataProtection.customerManagedKey) return undefined;
  return new Key(scope, id, {
    alias: dataKeyAlias(config),
    description: `Rides, models and predictions of ${config.env}`,
    enableKeyRotation: true,
    removalPolicy: config.stateful.retain ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
  });
}
