import type { EnvironmentName } from './environment-files.ts';
import { type FunctionName, LIVE_ALIAS, type LiveFunctionName } from './functions.ts';
import type { Config } from './schema.ts';

export const stackName = (env: EnvironmentName) => `tripcast-${env}`;
export const resourceName = (env: EnvironmentName, name: string) => `tripcast-${env}-${name}`;
export const functionName = (env: EnvironmentName, name: FunctionName) => resourceName(env, name);
/** What a caller uses to reach the live version. */
export const liveFunctionName = (env: EnvironmentName, name: LiveFunctionName) =>
  `${functionName(env, name)}:${LIVE_ALIAS}`;

/** CodeDeploy's names for an environment and, within it, for the traffic of a live function. */
export const codeDeployNames = (env: EnvironmentName) => ({
  application: stackName(env),
  groupOf: (name: LiveFunctionName) => functionName(env, name),
});

/**
 * For resources whose names span all regions of an account (roles, dashboards), unlike functions and streams.
 */
export const globalName = ({ env, region }: Config, name: string) => `${resourceName(env, name)}-${region}`;

/** The buckets' names. @param account twelve digits, or a token that stands for them */
export const bucketNames = ({ env, region, buckets }: Config, account: string) => ({
  models: buckets.models ?? `rll-models-${env}-${account}-${region}`,
  data: buckets.data ?? `tripcast-data-${env}-${account}-${region}`,
  undelivered: buckets.undelivered ?? `tripcast-undelivered-${env}-${account}-${region}`,
  accessLogs: buckets.accessLogs ?? `tripcast-access-logs-${env}-${account}-${region}`,
});

/** The stack's outputs: how the command line finds what was deployed. */
export const OUTPUT_NAMES = [
  'EventsStreamName',
  'PredictionsStreamName',
  'ModelBucketName',
  'DataBucketName',
  'UndeliveredBucketName',
  'MonthlyBatchArn',
  'BackfillArn',
  'TrainingArn',
  'RetrainingArn',
  'ApiUrl',
  'EventSourceId',
] as const;
export type OutputName = (typeof OUTPUT_NAMES)[number];
