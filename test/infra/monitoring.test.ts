import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { alarmMetrics } from '#lib/config/alarm-metrics.ts';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { FUNCTIONS } from '#lib/config/functions.ts';
import { loadConfig, parseConfig } from '#lib/config/load.ts';
import { CLONE } from '#setup/paths.mjs';
import { type Synthesized, synthesize, synthesized } from './support/synthesized.ts';

const alarmSchema = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: z.array(z.unknown()),
  OKActions: z.array(z.unknown()).default([]),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
  Metrics: z
    .array(
      z.object({
        Id: z.string(),
        Expression: z.string().optional(),
        MetricStat: z
          .object({
            Metric: z.object({
              Namespace: z.string(),
              MetricName: z.string(),
              Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
            }),
            Period: z.number(),
            Stat: z.string(),
          })
          .optional(),
      }),
    )
    .optional(),
  Statistic: z.string().optional(),
  ExtendedStatistic: z.string().optional(),
  ComparisonOperator: z.string(),
  Threshold: z.number(),
  DatapointsToAlarm: z.number().optional(),
  Period: z.number().default(300),
  EvaluationPeriods: z.number(),
  TreatMissingData: z.string(),
});
type Alarm = z.infer<typeof alarmSchema>;

const alarmsOf = (env: string) => alarmsIn(synthesized(env));

function alarmsIn({ config, resources }: Synthesized): ReadonlyMap<string, Alarm> {
  const alarms = [...resources('AWS::CloudWatch::Alarm').values()].map(({ Properties }) =>
    alarmSchema.parse(Properties),
  );
  return new Map(alarms.map((alarm) => [alarm.AlarmName.replace(`tripcast-${config.env}-`, ''), alarm]));
}

/** An expression is free; the metrics in it are not. */
const metricsWatchedBy = (alarms: Iterable<Alarm>): number =>
  [...alarms]
    .map(({ Metrics }) => Metrics?.filter(({ Expression }) => Expression === undefined).length ?? 1)
    .reduce((sum, metrics) => sum + metrics, 0);

/** On what is found out once a month. */
const MONTHLY = ['month-missing', 'month-harmed', 'month-drifted'];
const STATE_MACHINES = readdirSync(join(CLONE, 'stepfunctions')).map((file) => file.replace('.asl.json', ''));

/** The alarms that a runbook chapter covers: `{function}-slow` stands for those of every function. */
const RUNBOOK = [...readFileSync(join(CLONE, 'docs/runbook.md'), 'utf8').matchAll(/^#+ .*$/gm)]
  .flatMap(([heading]) => [...heading.matchAll(/`([a-z{][a-z {}-]+)`/g)].map(([, name = '']) => name))
  .map((name) => ({ name, pattern: new RegExp(`^${name.replace(/\{([a-z ]+)\}/g, (_, kind) => anyOf(kind))}$`) }));

function anyOf(kind: string): string {
  if (kind === 'function') return `(${FUNCTIONS.join('|')})`;
  if (kind === 'state machine') return `(${STATE_MACHINES.join('|')})`;
  return '[a-z-]+';
}

describe.each(ENVIRONMENTS)('the alarms of %s', (env) => {
  const { config, resource, resources } = synthesized(env);
  const alarms = alarmsOf(env);

  test('notify the topic when they begin; when they end, only those on a condition that lasts', () => {
    const [topic] = resource('AWS::SNS::Topic');
    for (const alarm of alarms.values()) expect(alarm.AlarmActions).toEqual([{ Ref: topic }]);
    const ended = [...alarms].filter(([, { OKActions }]) => OKActions.length > 0);
    for (const [, { OKActions }] of ended) expect(OKActions).toEqual([{ Ref: topic }]);
    const onlyWithMath = config.alarms.metricMath ? ['stream-not-read', 'archive-not-reading'] : [];
    expect(ended.map(([name]) => name).sort()).toEqual(
      ['archive-behind', 'archive-failing', 'stream-behind', ...MONTHLY, ...onlyWithMath].sort(),
    );
  });

  test('have one section each in the runbook, and name it', () => {
    const chapters = [...alarms.keys()].map((name) => [
      name,
      RUNBOOK.filter(({ pattern }) => pattern.test(name)).length,
    ]);
    expect(chapters.filter(([, count]) => count !== 1)).toEqual([]);
    for (const [name, alarm] of alarms) expect(alarm.AlarmDescription).toContain(`docs/runbook.md, ${name}`);
  });

  test('look back a week at most, which is all that CloudWatch allows', () => {
    const spans = [...alarms.values()].map(({ Period, EvaluationPeriods }) => Period * EvaluationPeriods);
    expect(Math.max(...spans)).toBeLessThanOrEqual(7 * 86_400);
  });

  test('exist for every function: when it is throttled, and when it uses 80% of its time', () => {
    for (const name of FUNCTIONS) {
      expect([...alarms.keys()]).toContain(`${name}-throttled`);
      expect(alarms.get(`${name}-slow`)?.Threshold).toBe(config.functions[name].timeoutSeconds * 800);
    }
    expect(alarms.get('stream-score-slow')).toMatchObject({ ExtendedStatistic: 'p99', Threshold: 48_000 });
  });

  test('exist for the errors of functions that no state machine retries', () => {
    const named = [...alarms.keys()].filter((name) => FUNCTIONS.some((each) => name === `${each}-errors`));
    expect(named).toEqual(expect.arrayContaining(['stream-score-errors', 'predict-errors']));
    expect(named).not.toContain('score-errors');
  });

  test('exist for every way a state machine can end, except success', () => {
    const ends = STATE_MACHINES.flatMap((name) => ['failed', 'timed-out', 'aborted'].map((end) => `${name}-${end}`));
    expect([...alarms.keys()]).toEqual(expect.arrayContaining(ends));
  });

  test('exist for every dead-letter queue', () => {
    for (const [id, { Properties }] of resources('AWS::SQS::Queue')) {
      const alarm = alarms.get(String(Properties.QueueName).replace(`tripcast-${env}-`, ''));
      expect(alarm?.Dimensions).toEqual([{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }]);
    }
  });

  test('count what Lambda gives up on from a mapping that counts it', () => {
    const [mapping, { Properties }] = resource('AWS::Lambda::EventSourceMapping');
    expect(Properties.MetricsConfig).toEqual({ Metrics: ['EventCount'] });
    for (const [name, metric] of [
      ['records-undelivered', 'OnFailureDestinationDeliveredEventCount'],
      ['records-dropped', 'DroppedEventCount'],
    ] as const) {
      expect(alarms.get(name)).toMatchObject({
        Namespace: 'AWS/Lambda',
        MetricName: metric,
        Dimensions: [{ Name: 'EventSourceMappingUUID', Value: { Ref: mapping } }],
      });
    }
  });

  test('on our own metrics have the dimensions that the functions send', () => {
    for (const [name, service] of [
      ['records-failed', 'stream-score'],
      ['predict-model-not-refreshed', 'predict'],
    ] as const) {
      const { MetricName = '', Dimensions } = alarms.get(name) ?? {};
      const sent = emfOf(service, env, MetricName);
      const names = sent._aws.CloudWatchMetrics[0]?.Dimensions[0] ?? [];
      expect(Object.fromEntries((Dimensions ?? []).map(({ Name, Value }) => [Name, Value]))).toEqual(
        Object.fromEntries(names.map((each) => [each, sent[each]])),
      );
    }
  });

  test('keep the result of the last batch, and of what is found out once a month', () => {
    const kept = [...alarms].filter(([, { TreatMissingData }]) => TreatMissingData === 'ignore');
    expect(kept.map(([name]) => name)).toEqual(['stream-behind', ...MONTHLY]);
    const others = [...alarms.values()].filter(({ TreatMissingData }) => TreatMissingData !== 'ignore');
    expect(new Set(others.map(({ TreatMissingData }) => TreatMissingData))).toEqual(new Set(['notBreaching']));
    expect(alarms.get('month-missing')).toMatchObject({
      Namespace: 'tripcast',
      MetricName: 'MonthMissing',
      Dimensions: [{ Name: 'environment', Value: env }],
      Period: 86_400,
    });
    expect(alarms.get('month-harmed')).toMatchObject({
      MetricName: 'MonthHarmed',
      Dimensions: [
        { Name: 'environment', Value: env },
        { Name: 'taxi_type', Value: config.schedule.taxiType },
      ],
      Period: 86_400,
    });
  });

  test('watch as many metrics as `tripcast cost` charges for', () => {
    expect(metricsWatchedBy(alarms.values())).toBe(alarmMetrics(config));
  });

  test('are on one dashboard, with a place for drift and error', () => {
    const [, { Properties }] = resource('AWS::CloudWatch::Dashboard');
    expect(Properties.DashboardName).toBe(`tripcast-${env}-overview-${config.region}`);
    const body = JSON.stringify(Properties.DashboardBody);
    for (const [id] of resources('AWS::CloudWatch::Alarm')) expect(body).toContain(id);
    expect(body).toContain('SEARCH(');
  });
});

test.each([
  ['metric math without canaries', true, { kind: 'all-at-once' }],
  ['canaries without metric math', false, { kind: 'canary', percent: 10, minutes: 5 }],
] as const)('with %s, `tripcast cost` charges for as many metrics as the alarms watch', (_, metricMath, rollout) => {
  const dev = loadConfig('dev');
  const config = { ...dev, alarms: { ...dev.alarms, metricMath }, serving: { rollout } };
  expect(metricsWatchedBy(alarmsIn(synthesize(config)).values())).toBe(alarmMetrics(config));
});

test('in prod the share of quarantined records and the canaries are watched; the emulator supports neither', () => {
  const quarantined = alarmsOf('prod').get('records-quarantined');
  expect(quarantined?.Threshold).toBe(0.05);
  expect(quarantined?.Metrics?.map(({ Expression }) => Expression)).toContain('IF(records > 0, bad / records, 0)');
  expect([...alarmsOf('dev').values()].filter(({ Metrics }) => Metrics !== undefined)).toEqual([]);
  const onlyInProd = [...alarmsOf('prod').keys()].filter((name) => !alarmsOf('dev').has(name));
  expect(onlyInProd.sort()).toEqual([
    'archive-not-reading',
    'predict-new-version-errors',
    'records-quarantined',
    'stream-not-read',
    'stream-score-new-version-errors',
  ]);
  expect([...alarmsOf('dev').keys()].filter((name) => !alarmsOf('prod').has(name))).toEqual([]);
});

describe('a stream that receives records and is not read', () => {
  const { config, resource } = synthesized('prod');
  const [mapping] = resource('AWS::Lambda::EventSourceMapping');
  const [archive] = resource('AWS::KinesisFirehose::DeliveryStream');

  test.each([
    [
      'stream-not-read',
      config.streams.events,
      { Namespace: 'AWS/Lambda', MetricName: 'PolledEventCount' },
      { Name: 'EventSourceMappingUUID', Value: { Ref: mapping } },
    ],
    [
      'archive-not-reading',
      config.streams.predictions,
      { Namespace: 'AWS/Firehose', MetricName: 'DataReadFromKinesisStream.Records' },
      { Name: 'DeliveryStreamName', Value: { Ref: archive } },
    ],
  ])(
    'raises %s, though a reader that is disabled or unauthorized sends no metric',
    (name, stream, metric, dimension) => {
      const alarm = alarmsOf('prod').get(name);
      const [expression, put, read] = alarm?.Metrics ?? [];
      // A reader that is not running sends nothing: FILL makes that a 0, or nobody would ever be notified.
      expect(expression?.Expression).toBe('IF(FILL(put, 0) > 0 AND FILL(read, 0) == 0, 1, 0)');
      expect([put?.Id, read?.Id]).toEqual(['put', 'read']);
      expect(put?.MetricStat).toEqual({
        Metric: {
          Namespace: 'AWS/Kinesis',
          MetricName: 'IncomingRecords',
          Dimensions: [{ Name: 'StreamName', Value: stream }],
        },
        Period: 300,
        Stat: 'Sum',
      });
      expect(read?.MetricStat).toEqual({ Metric: { ...metric, Dimensions: [dimension] }, Period: 300, Stat: 'Sum' });
    },
  );

  test('raises no alarm for a deploy, which pauses the reader for a minute or two, and still for a slow producer', () => {
    for (const name of ['stream-not-read', 'archive-not-reading']) {
      expect(alarmsOf('prod').get(name)).toMatchObject({
        EvaluationPeriods: 12,
        DatapointsToAlarm: 3,
        Threshold: 1,
        TreatMissingData: 'notBreaching',
      });
    }
  });
});

describe.each(ENVIRONMENTS)('an archive that breaks in %s', (env) => {
  const { resource } = synthesized(env);
  const [archive] = resource('AWS::KinesisFirehose::DeliveryStream');
  const ofArchive = {
    Namespace: 'AWS/Firehose',
    Dimensions: [{ Name: 'DeliveryStreamName', Value: { Ref: archive } }],
  };

  test('is noticed when a prediction waits for more than 15 minutes, long before the stream drops it', () => {
    expect(alarmsOf(env).get('archive-behind')).toMatchObject({
      ...ofArchive,
      MetricName: 'DeliveryToS3.DataFreshness',
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 900,
    });
  });

  test('is noticed when S3 refuses a write', () => {
    expect(alarmsOf(env).get('archive-failing')).toMatchObject({
      ...ofArchive,
      MetricName: 'DeliveryToS3.Success',
      Statistic: 'Average',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
  });
});

test('an archive that may hold predictions back for as long as its alarm waits is refused', () => {
  const { alarms, archive, env: _, ...settings } = loadConfig('prod');
  const late = { ...settings, alarms, archive: { ...archive, bufferSeconds: 900 } };
  expect(() => parseConfig('prod', 'env/prod.json', late)).toThrow(
    /archive.bufferSeconds: 900 is not allowed: less than alarms.archiveAgeMinutes/,
  );
});

test('every section of the runbook on an alarm is about an existing one', () => {
  const names = [...alarmsOf('prod').keys()];
  expect(RUNBOOK.length).toBeGreaterThan(10);
  expect(RUNBOOK.filter(({ pattern }) => !names.some((name) => pattern.test(name)))).toEqual([]);
});

describe('the recipient of alarms', () => {
  const config = loadConfig('prod');
  const withRecipient = synthesize({ ...config, alarms: { ...config.alarms, email: 'on-call@example.com' } });
  const warnings = ({ stack }: Pick<typeof withRecipient, 'stack'>) =>
    stack.node
      .findAll()
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === 'aws:cdk:warning')
      .map(({ data }) => String(data));

  test('is the one that the configuration names, and nobody else', () => {
    expect(synthesized('prod').resources('AWS::SNS::Subscription').size).toBe(0);
    const [, { Properties }] = withRecipient.resource('AWS::SNS::Subscription');
    expect(Properties).toMatchObject({ Protocol: 'email', Endpoint: 'on-call@example.com' });
  });

  test('is asked for by a synthesis for AWS without one, but not on the emulator', () => {
    expect(warnings(synthesized('prod'))).toEqual([
      expect.stringMatching(/alarms notify nobody.*alarms\.email in env\/prod\.json/),
    ]);
    expect(warnings(withRecipient)).toEqual([]);
    expect(warnings(synthesized('dev'))).toEqual([]);
  });
});

const emfSchema = z
  .object({ _aws: z.object({ CloudWatchMetrics: z.array(z.object({ Dimensions: z.array(z.array(z.string())) })) }) })
  .loose();

/** The log line with which a function sends a metric. */
function emfOf(service: string, env: string, metric: string): z.infer<typeof emfSchema> {
  const telemetry = JSON.stringify(pathToFileURL(join(CLONE, 'lambdas/telemetry.ts')));
  const program = `const { addCount, publishMetrics } = await import(${telemetry});
    addCount(${JSON.stringify(metric)});
    publishMetrics();`;
  const variables = { POWERTOOLS_SERVICE_NAME: service, POWERTOOLS_METRICS_NAMESPACE: 'tripcast', TRIPCAST_ENV: env };
  const run = ['--input-type=module', '--eval', program];
  return emfSchema.parse(JSON.parse(execFileSync(process.execPath, run, { env: variables, encoding: 'utf8' })));
}
