import { z } from 'zod';
import { shown, TripcastError } from '#errors.ts';
import { ENVIRONMENT_FOLDER, environments, readEnvironmentFile } from './config/environment-files.ts';

/** An environment is one file, env/{name}.json, and one stack, `tripcast-{name}`. All differences are in that file. */
export const ENVIRONMENTS = environments();
export type EnvironmentName = string;

/** The Lambda functions; each is a folder in lambdas/ and is deployed as `tripcast-{env}-{name}`. */
export const FUNCTIONS = [
  'stream-score',
  'predict',
  'plan',
  'ingest',
  'score',
  'check-month',
  'train',
  'gate',
  'register',
  'promote',
  'check-rollout',
] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** The functions that are called through their alias, so that a bad version can be rolled back at once. */
export const LIVE_FUNCTIONS = ['stream-score', 'predict'] as const satisfies readonly FunctionName[];
export type LiveFunctionName = (typeof LIVE_FUNCTIONS)[number];
export const LIVE_ALIAS = 'live';

const positive = z.int().positive();
const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket name: 3..63 of a-z, 0-9, dot, hyphen');
const streamName = z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/, 'a stream name: 1..128 of letters, digits, _ . -');
const registeredModel = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'a model name: 1..128 of letters, digits, _ -');
const timeZone = z.string().refine((zone) => isTimeZone(zone), 'an IANA time zone, for example Africa/Cairo');
const scheduleExpression = z.string().regex(/^(cron|rate|at)\(.+\)$/, 'an EventBridge Scheduler expression');
const functionSize = z.strictObject({
  memoryMb: z.int().min(128).max(10_240),
  timeoutSeconds: z.int().min(1).max(900),
  storageMb: z.int().min(512).max(10_240).describe('/tmp'),
});
const publicAddress = z
  .url()
  .refine(
    (url) => !/:\/\/[^/?#]*@/.test(url),
    "an address without a name and password: this file is in git, and the function's variables show it",
  );
const eachStream = {
  events: streamName,
  predictions: streamName,
  retentionHours: z.int().min(24).max(8760),
  pollMilliseconds: positive.describe('between two reads of a shard by a command; AWS allows five a second in all'),
};
const share = z.number().min(0).max(1);
const days = positive.nullable().describe('null = kept for ever');

const settingsSchema = z.strictObject({
  endpointUrl: z.url().nullable().describe('the emulator; null = AWS itself'),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region, for example eu-north-1'),
  account: z
    .string()
    .regex(/^\d{12}$/, 'an AWS account: 12 digits')
    .nullable()
    .describe("null = whatever account the caller's credentials belong to"),
  packaging: z.enum(['zip', 'image']),
  assets: z.enum(['cli-credentials', 'bootstrap']).describe('who uploads assets: the caller, or the bootstrap roles'),
  tags: z
    .record(z.string().regex(/^[\w.:/=+@-]{1,128}$/), z.string().min(1).max(256))
    .describe('of all that is deployed, beside project and environment'),
  stateful: z.strictObject({ retain: z.boolean(), terminationProtection: z.boolean() }),
  logs: z.strictObject({
    retentionDays: z.union([7, 14, 30, 90, 180, 365].map((n) => z.literal(n))),
    level: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
    workflowLevel: z.enum(['ALL', 'ERROR', 'FATAL', 'OFF']).describe('of the state machines'),
    workflowData: z.boolean().describe("whether a state machine's log holds its states' input and output"),
    bucketAccess: z.boolean().describe('whether requests to the buckets are logged, to a bucket of their own'),
  }),
  buckets: z
    .strictObject({
      models: bucketName.nullable(),
      data: bucketName.nullable(),
      undelivered: bucketName.nullable(),
      accessLogs: bucketName.nullable(),
    })
    .describe('null = a name with the account and the region in it, since bucket names are global'),
  lifecycleDays: z.strictObject({
    raw: days,
    predictions: days,
    stream: days.describe('the archive of the predictions stream'),
    streamErrors: days,
    quarantine: days,
    undelivered: days,
    staging: days,
  }),
  dataProtection: z.strictObject({
    oldVersionDays: days.describe('what was replaced or deleted in the data and models buckets'),
    customerManagedKey: z.boolean().describe("a KMS key of the environment's own, in place of AWS's keys"),
  }),
  streams: z
    .discriminatedUnion('mode', [
      z.strictObject({ mode: z.literal('provisioned'), ...eachStream, shards: positive }),
      z.strictObject({ mode: z.literal('on-demand'), ...eachStream }),
    ])
    .describe(
      'provisioned: paid by the shard; on-demand: AWS adds shards as traffic grows. docs/costs.md compares them',
    ),
  eventSource: z
    .strictObject({
      batchSize: z.int().min(1).max(10_000),
      windowSeconds: z.int().min(0).max(300),
      parallelizationFactor: z.int().min(1).max(10).describe('batches of one shard at a time'),
      bisectOnError: z.boolean(),
      retryAttempts: z.int().min(0).max(10_000),
      maximumAgeSeconds: z.int().min(60).max(604_800),
    })
    .describe('how Lambda reads the trip events; docs/runbook.md has the reasons for the values'),
  archive: z
    .strictObject({
      compression: z.enum(['GZIP', 'UNCOMPRESSED']),
      bufferMegabytes: z.int().min(1).max(128),
      bufferSeconds: z.int().min(0).max(900),
    })
    .describe(
      'of the predictions stream; whichever buffer is full first ends an object. The emulator does not compress.',
    ),
  model: z.strictObject({
    experiment: z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/),
    registeredModels: z.strictObject({ green: registeredModel, yellow: registeredModel }),
    servedTaxiType: z.enum(['green', 'yellow']),
    refreshSeconds: positive,
  }),
  functions: z.strictObject({
    'stream-score': functionSize,
    predict: functionSize,
    plan: functionSize,
    ingest: functionSize,
    score: functionSize,
    'check-month': functionSize,
    train: functionSize,
    gate: functionSize,
    register: functionSize,
    promote: functionSize,
    'check-rollout': functionSize,
  } satisfies Record<FunctionName, typeof functionSize>),
  reservedConcurrency: z
    .strictObject({ 'stream-score': positive.nullable(), predict: positive.nullable() } satisfies Record<
      LiveFunctionName,
      unknown
    >)
    .describe(
      'calls at a time that no other function can take; null = none. `tripcast doctor` checks it against the quota',
    ),
  budget: z
    .strictObject({ monthlyDollars: z.number().positive().nullable() })
    .describe(
      'of the whole account; notices say when 80% is spent, and when more than all of it is forecast. null = none',
    ),
  gate: z
    .strictObject({
      leastRows: positive.describe('training rides left after cleaning'),
      mostOutOfRangeShare: share.describe('training rides read that did not last 1..60 minutes'),
      mostNullShare: share.describe('training rides read without a value in a column'),
      leastZones: positive.describe('different pickup zones, and dropoff zones, in training'),
      leastR2: share.describe('on the validation rides; always predicting the mean has 0'),
      rmseToleranceMinutes: z.number().nonnegative().describe('by which a run may be worse than the champion'),
      bestToleranceMinutes: z
        .number()
        .nonnegative()
        .describe(
          'by which it may be worse than the best champion so far: one promotion after another must not add up',
        ),
      coverageToleranceShare: share.describe("an interval's coverage, from its nominal one"),
    })
    .describe('what a run has to keep to become a champion'),
  schedule: z.strictObject({
    expression: scheduleExpression,
    checkExpression: scheduleExpression.describe('when to look whether the month was scored'),
    timeZone,
    monthsBack: z.int().min(0).max(24),
    lookBackMonths: z.int().min(0).max(24).describe('for months still owed; 0 = no month is taken up later'),
    taxiType: z.enum(['green', 'yellow']),
    runId: z.string().nullable().describe('null = the champion'),
    enabled: z.boolean(),
    retryAttempts: z.int().min(0).max(185),
    maximumAgeSeconds: z.int().min(60).max(86_400),
  }),
  publication: z.strictObject({
    source: publicAddress,
    pollHours: positive,
    giveUpDays: positive.max(26).describe('monthly-batch times out after 27, before the next run'),
  }),
  query: z
    .strictObject({
      enabled: z.boolean(),
      resultDays: positive.describe("how long Athena's results are kept"),
      mostScannedGb: positive.describe('a query that reads more is ended'),
    })
    .describe('Glue tables and an Athena workgroup over the predictions'),
  api: z.strictObject({ authorization: z.enum(['none', 'iam']), requestsPerSecond: positive, burst: positive }),
  serving: z.strictObject({
    rollout: z
      .discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('canary'),
          percent: z.int().min(1).max(99).describe('of the traffic, to the new version first'),
          minutes: z.int().min(1).max(2880).describe('until the rest follows, if no alarm went off'),
        }),
        z.strictObject({ kind: z.literal('all-at-once') }),
      ])
      .describe('how a new version of the live functions gets its traffic; a canary takes CodeDeploy'),
  }),
  alarms: z
    .strictObject({
      email: z.email().nullable().describe('who gets a mail; null = only those who subscribe to the topic'),
      metricMath: z.boolean().describe('alarms on a ratio of two metrics, which the emulator cannot make'),
      durationShare: share.describe("a call's 99th percentile, of the function's time"),
      iteratorAgeMinutes: positive.describe('how old the oldest unread trip event may be'),
      archiveAgeMinutes: positive.describe('how old the oldest prediction may be that is not archived yet'),
      quarantineShare: share.describe('bad records, of all that came in'),
    })
    .describe('when somebody is told'),
});

const configSchema = settingsSchema
  .refine(({ eventSource, streams }) => eventSource.maximumAgeSeconds < streams.retentionHours * 3600, {
    path: ['eventSource', 'maximumAgeSeconds'],
    message:
      'less than streams.retentionHours: Lambda has to give a record up, and so keep it, before the stream forgets it',
  })
  .refine(({ archive, alarms }) => archive.bufferSeconds < alarms.archiveAgeMinutes * 60, {
    path: ['archive', 'bufferSeconds'],
    message: 'less than alarms.archiveAgeMinutes: Firehose may hold a prediction back for so long without any fault',
  })
  .refine((settings) => (settings.reservedConcurrency['stream-score'] ?? Infinity) >= callsOfStream(settings), {
    path: ['reservedConcurrency', 'stream-score'],
    message: 'at least streams.shards x eventSource.parallelizationFactor: a reservation is a limit too',
  });

export type Config = z.infer<typeof configSchema> & { readonly env: EnvironmentName };

/**
 * The checked contents of env/{name}.json.
 * @throws TripcastError naming the environments that exist, or the file, the key, the value and what is allowed.
 */
export function loadConfig(name: EnvironmentName, folder = ENVIRONMENT_FOLDER): Config {
  return parseConfig(name, `env/${name}.json`, readEnvironmentFile(name, folder));
}

/** Like {@link loadConfig}, for a value already read. @param file its name, for messages */
export function parseConfig(env: EnvironmentName, file: string, value: unknown): Config {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return { ...parsed.data, env };
  const problems = parsed.error.issues.map((issue) => `  ${describe(issue, value)}`);
  throw new TripcastError(`${file} is not a valid configuration:\n${problems.join('\n')}`, `Fix ${file}.`);
}

/**
 * Keeps calls meant for AWS itself from going to an emulator: the SDKs and the CDK all follow AWS_ENDPOINT_URL.
 * @throws TripcastError naming the variable
 */
export function refuseForeignEndpoint({ env, endpointUrl }: Config, variables: NodeJS.ProcessEnv = process.env): void {
  const [name, value] = Object.entries(variables).find(([key]) => /^AWS_ENDPOINT_URL(_|$)/.test(key)) ?? [];
  if (endpointUrl !== null || name === undefined) return;
  throw new TripcastError(
    `${name} is set (${shown(value)}), and the environment ${env} means AWS itself`,
    `Unset ${name}, or use the environment dev.`,
  );
}

function describe(issue: z.core.$ZodIssue, root: unknown): string {
  const key = issue.path.join('.') || '(the file)';
  if (issue.code === 'unrecognized_keys') return `${key}: unknown key ${issue.keys.map(shown).join(', ')}`;
  const value = issue.path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
    root,
  );
  return `${key}: ${shown(value)} is not allowed: ${issue.message}`;
}

/** How many batches Lambda scores at the same time. An on-demand stream has at least one shard. */
export function callsOfStream({ streams, eventSource }: z.infer<typeof settingsSchema>): number {
  return (streams.mode === 'provisioned' ? streams.shards : 1) * eventSource.parallelizationFactor;
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false; // Intl offers no other way to check
  }
}

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
 * Whether buckets, topics and queues refuse plain HTTP: everywhere but on an emulator that speaks only HTTP and that,
 * with its IAM switched on, would refuse everything.
 */
export const isTlsOnly = ({ endpointUrl }: Config) =>
  endpointUrl === null || new URL(endpointUrl).protocol === 'https:';

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

/** How many metrics the alarms watch, each of which costs money; a test counts them in every environment's template. */
export const alarmMetrics = ({ alarms, serving }: Config): number =>
  47 + (alarms.metricMath ? 6 : 0) + (serving.rollout.kind === 'canary' ? 2 : 0);

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
  'ApiUrl',
  'EventSourceId',
] as const;
export type OutputName = (typeof OUTPUT_NAMES)[number];
