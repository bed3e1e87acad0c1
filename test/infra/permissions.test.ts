import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { FUNCTIONS, type FunctionName } from '#lib/config/functions.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName } from '#lib/config/names.ts';
import { type Statement, synthesized } from './support/synthesized.ts';

/** `models/aliases/*` from an ARN that the template still spells as functions. */
function place(resource: unknown): string {
  const text = JSON.stringify(resource);
  const bucket = /"(Data)(Models|Undelivered)?Bucket\w+"/.exec(text);
  if (bucket === null) return text;
  const [, path = ''] = /"(\/[^"]*)"/.exec(text) ?? [];
  return `${bucket[2]?.toLowerCase() ?? 'data'}${path}`;
}

const places = (statements: readonly Statement[], action: string) =>
  statements
    .filter(({ Action }) => Action.includes(action))
    .flatMap(({ Resource }) => Resource.map(place))
    .sort();

const MODELS = ['models/aliases/*', 'models/nyc-taxi-experiment/*'];
const STAGED = 'models/staging/*';
const RESULTS = ['data/current/*', 'data/predictions/*', 'data/receipts/*'];

const ALLOWED: Record<
  FunctionName,
  { readonly reads: string[]; readonly writes: string[]; readonly publishes: boolean }
> = {
  'stream-score': { reads: MODELS, writes: ['data/profiles/*', 'data/quarantine/*', 'undelivered/*'], publishes: true },
  predict: {
    reads: ['data/current/*', 'data/receipts/*', 'data/reports/*', ...MODELS],
    writes: [],
    publishes: true,
  },
  plan: { reads: [...RESULTS.slice(0, 2), 'data/raw/*', ...RESULTS.slice(2), ...MODELS], writes: [], publishes: false },
  ingest: { reads: ['data/raw/*'], writes: ['data/raw/*'], publishes: false },
  score: {
    reads: [...RESULTS.slice(0, 2), 'data/raw/*', ...RESULTS.slice(2), ...MODELS],
    writes: [...RESULTS.slice(0, 2), 'data/raw/*.schema.json*', ...RESULTS.slice(2)],
    publishes: false,
  },
  monitor: {
    reads: [...RESULTS.slice(0, 2), 'data/raw/*', ...RESULTS.slice(2), 'data/reports/*', ...MODELS],
    writes: ['data/reports/*'],
    publishes: false,
  },
  'check-month': { reads: ['data/receipts/*'], writes: [], publishes: false },
  train: { reads: ['data/raw/*', ...MODELS, STAGED], writes: [STAGED], publishes: false },
  gate: { reads: ['data/raw/*', ...MODELS, STAGED], writes: [], publishes: false },
  register: { reads: [...MODELS, STAGED], writes: ['models/nyc-taxi-experiment/*'], publishes: false },
  promote: { reads: MODELS, writes: ['models/aliases/*'], publishes: false },
  retrain: { reads: ['data/raw/*', ...MODELS], writes: [], publishes: false },
  'check-rollout': { reads: ['models/aliases/*'], writes: [], publishes: false },
};

const prefixesSchema = z
  .object({ StringLikeIfExists: z.object({ 's3:prefix': z.union([z.string(), z.array(z.string())]) }) })
  .transform((condition) => [condition.StringLikeIfExists['s3:prefix']].flat());

/** What SNS requires of publishers to a topic with a key; CDK-nag's exceptions give the same reason. */
const DOCUMENTED_WILDCARDS = ['kms:GenerateDataKey*'];

/** Actions for which AWS offers no narrower resource. */
const WITHOUT_RESOURCE = [
  /^xray:(PutTraceSegments|PutTelemetryRecords|GetSamplingRules|GetSamplingTargets)$/,
  /^logs:(Create|Get|Update|Delete|List)LogDeliver(y|ies)$/,
  /^cloudwatch:PutMetricData$/,
  /^cloudwatch:DescribeAlarms$/, // CodeDeploy's own policy for Lambda does the same
  /^logs:(PutResourcePolicy|DescribeResourcePolicies|DescribeLogGroups)$/,
];

describe.each(ENVIRONMENTS)('in %s', (env) => {
  const { config, statementsOf, template } = synthesized(env);
  /** The console's live views, where predict serves the page to everyone. */
  const showsLive = (name: FunctionName) => name === 'predict' && config.api.authorization === 'none';
  const readsOf = (name: FunctionName) =>
    [...ALLOWED[name].reads, ...(showsLive(name) ? ['data/quarantine/*'] : [])].sort();

  test.each(FUNCTIONS)('%s reaches only the prefixes that its work needs', (name) => {
    const statements = statementsOf(functionName(env, name));
    const { publishes } = ALLOWED[name];
    const rollsBack = name === 'monitor' && loadConfig(env).rollback.toleranceMinutes !== null;
    const writes = [...ALLOWED[name].writes, ...(rollsBack ? ['models/aliases/*'] : [])];
    expect(places(statements, 's3:GetObject')).toEqual(readsOf(name));
    expect(places(statements, 's3:PutObject')).toEqual(writes);
    expect(places(statements, 'kinesis:PutRecords')).toHaveLength(publishes ? 1 : 0);
    expect(places(statements, 'kinesis:GetRecords')).toHaveLength(
      name === 'stream-score' ? 1 : showsLive(name) ? 2 : 0,
    );
    expect(JSON.stringify(statements)).not.toMatch(/s3:(Delete|\*)/);
  });

  // Listing the whole bucket passes: test/integration/permissions.test.ts.
  test.each(FUNCTIONS)('%s lists under no prefix that it does not read', (name) => {
    const lists = statementsOf(functionName(env, name)).filter(({ Action }) => Action.includes('s3:ListBucket'));
    const conditional = lists.filter(({ Condition }) => Condition !== undefined);
    const listed = conditional.flatMap(({ Resource, Condition }) =>
      prefixesSchema.parse(Condition).map((prefix) => `${Resource.map(place).join()}/${prefix}`),
    );
    expect(listed.sort()).toEqual(readsOf(name));
    // Lambda itself needs to list the bucket where it puts what it gives up on.
    const whole = lists
      .filter(({ Condition }) => Condition === undefined)
      .flatMap(({ Resource }) => Resource.map(place));
    expect(whole).toEqual(name === 'stream-score' ? ['undelivered'] : []);
  });

  test('no role may do everything, or act on every resource where AWS allows naming one', () => {
    const policies = Object.values(template.findResources('AWS::IAM::Policy'));
    const statements: Statement[] = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    expect(statements.length).toBeGreaterThan(20);
    for (const { Action, Resource } of statements) {
      const actions = [Action].flat();
      expect(actions.filter((action) => action.includes('*') && !DOCUMENTED_WILDCARDS.includes(action))).toEqual([]);
      if (![Resource].flat().includes('*')) continue;
      expect(actions.filter((action) => !WITHOUT_RESOURCE.some((known) => known.test(action)))).toEqual([]);
    }
  });

  test("check-month sees the executions of the monthly state machine, and puts only tripcast's metrics", () => {
    const statements = statementsOf(functionName(env, 'check-month'));
    const resourcesOf = (action: string) =>
      statements.filter(({ Action }) => Action.includes(action)).map(({ Resource }) => JSON.stringify(Resource));
    expect(resourcesOf('states:ListExecutions')).toEqual([expect.stringMatching(/^\[{"Ref":"BatchMonthly\w+"}]$/)]);
    expect(resourcesOf('states:DescribeExecution')).toEqual([
      expect.stringMatching(/:execution:.*BatchMonthly\w+.*":\*"/),
    ]);
    expect(statements).toContainEqual({
      Effect: 'Allow',
      Action: ['cloudwatch:PutMetricData'],
      Resource: ['*'],
      Condition: { StringEqualsIfExists: { 'cloudwatch:namespace': 'tripcast' } },
    });
  });

  test('predict sees how far executions got where it serves the page, and starts and stops none', () => {
    const statements = statementsOf(functionName(env, 'predict'));
    const seen = statements.flatMap(({ Action, Resource }) =>
      Action.filter((action) => action.startsWith('states:')).map((action) => [action, Resource.length] as const),
    );
    const machines = ['monthly-batch', 'backfill', 'training', 'retraining'].length;
    const sums = Object.fromEntries(
      Object.entries(Object.groupBy(seen, ([action]) => action)).map(([action, all = []]) => [
        action,
        all.reduce((sum, [, resources]) => sum + resources, 0),
      ]),
    );
    expect(sums).toEqual(
      showsLive('predict')
        ? {
            'states:DescribeStateMachine': machines,
            'states:GetExecutionHistory': machines,
            'states:ListExecutions': machines,
          }
        : {},
    );
  });

  test('no role has a managed policy', () => {
    for (const { Properties } of Object.values(template.findResources('AWS::IAM::Role'))) {
      expect(Properties.ManagedPolicyArns).toBeUndefined();
    }
  });
});
