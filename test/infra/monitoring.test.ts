import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ALARM_METRICS, ENVIRONMENTS, FUNCTIONS, loadConfig } from '../../lib/config.ts';
import { CLONE } from '../../src/local/paths.ts';
import { synthesize, synthesized } from './support/synthesized.ts';

const alarmSchema = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: z.array(z.unknown()),
  OKActions: z.array(z.unknown()),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
  Metrics: z.array(z.object({ Expression: z.string().optional() }).loose()).optional(),
  ExtendedStatistic: z.string().optional(),
  Threshold: z.number(),
  Period: z.number().default(300),
  EvaluationPeriods: z.number(),
  TreatMissingData: z.string(),
});
type Alarm = z.infer<typeof alarmSchema>;

function alarmsOf(env: 'dev' | 'prod'): ReadonlyMap<string, Alarm> {
  const alarms = [...synthesized(env).resources('AWS::CloudWatch::Alarm').values()].map(({ Properties }) =>
    alarmSchema.parse(Properties),
  );
  return new Map(alarms.map((alarm) => [alarm.AlarmName.replace(`tripcast-${env}-`, ''), alarm]));
}

const STATE_MACHINES = readdirSync(join(CLONE, 'stepfunctions')).map((file) => file.replace('.asl.json', ''));

/** The alarms that a chapter of the runbook is about: `{function}-slow` stands for those of every function. */
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

  test('tell the notices when they begin and when they are over', () => {
    const [topic] = resource('AWS::SNS::Topic');
    for (const alarm of alarms.values()) {
      expect(alarm).toMatchObject({ AlarmActions: [{ Ref: topic }], OKActions: [{ Ref: topic }] });
    }
  });

  test('have one chapter each in the runbook, and name it', () => {
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

  test('are there for every function: when it is throttled, and when 80% of its time is used', () => {
    for (const name of FUNCTIONS) {
      expect([...alarms.keys()]).toContain(`${name}-throttled`);
      expect(alarms.get(`${name}-slow`)?.Threshold).toBe(config.functions[name].timeoutSeconds * 800);
    }
    expect(alarms.get('stream-score-slow')).toMatchObject({ ExtendedStatistic: 'p99', Threshold: 48_000 });
  });

  test('are there for the errors of a function that no state machine calls again', () => {
    const named = [...alarms.keys()].filter((name) => FUNCTIONS.some((each) => name === `${each}-errors`));
    expect(named).toEqual(expect.arrayContaining(['stream-score-errors', 'predict-errors']));
    expect(named).not.toContain('score-errors');
  });

  test('are there for every end of every state machine but success', () => {
    const ends = STATE_MACHINES.flatMap((name) => ['failed', 'timed-out', 'aborted'].map((end) => `${name}-${end}`));
    expect([...alarms.keys()]).toEqual(expect.arrayContaining(ends));
  });

  test('are there for every queue of dead letters', () => {
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

  test('of our own metrics have the dimensions that the functions send', () => {
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

  test('keep what the last batch, and the last check of the month, said', () => {
    const kept = [...alarms].filter(([, { TreatMissingData }]) => TreatMissingData === 'ignore');
    expect(kept.map(([name]) => name)).toEqual(['stream-behind', 'month-missing']);
    const others = [...alarms.values()].filter(({ TreatMissingData }) => TreatMissingData !== 'ignore');
    expect(new Set(others.map(({ TreatMissingData }) => TreatMissingData))).toEqual(new Set(['notBreaching']));
    expect(alarms.get('month-missing')).toMatchObject({
      Namespace: 'tripcast',
      MetricName: 'MonthMissing',
      Dimensions: [{ Name: 'environment', Value: env }],
      Period: 86_400,
    });
  });

  test('look at as many metrics as `tripcast cost` reckons with', () => {
    const paid = [...alarms.values()].map(
      ({ Metrics = [{}] }) => Metrics.filter(({ Expression }) => !Expression).length,
    );
    expect(paid.reduce((sum, metrics) => sum + metrics, 0)).toBe(ALARM_METRICS[env]);
  });

  test('stand on one dashboard, beside a place for drift and error', () => {
    const [, { Properties }] = resource('AWS::CloudWatch::Dashboard');
    expect(Properties.DashboardName).toBe(`tripcast-${env}-overview`);
    const body = JSON.stringify(Properties.DashboardBody);
    for (const [id] of resources('AWS::CloudWatch::Alarm')) expect(body).toContain(id);
    expect(body).toContain('SEARCH(');
  });
});

test('in prod the share of records in quarantine and the canaries are watched; the emulator knows neither', () => {
  const quarantined = alarmsOf('prod').get('records-quarantined');
  expect(quarantined?.Threshold).toBe(0.05);
  expect(quarantined?.Metrics?.map(({ Expression }) => Expression)).toContain('IF(records > 0, bad / records, 0)');
  expect([...alarmsOf('dev').values()].filter(({ Metrics }) => Metrics !== undefined)).toEqual([]);
  const names = (env: 'dev' | 'prod') => [...alarmsOf(env).keys()];
  const inProdAlone = names('prod').filter((name) => !names('dev').includes(name));
  expect(inProdAlone).toEqual(['stream-score-new-version-errors', 'predict-new-version-errors', 'records-quarantined']);
  expect(names('dev').filter((name) => !names('prod').includes(name))).toEqual([]);
});

test('every chapter of the runbook on an alarm is about one that there is', () => {
  const names = [...alarmsOf('prod').keys()];
  expect(RUNBOOK.length).toBeGreaterThan(10);
  expect(RUNBOOK.filter(({ pattern }) => !names.some((name) => pattern.test(name)))).toEqual([]);
});

test('whom the configuration names is written to, and nobody else', () => {
  expect(synthesized('prod').resources('AWS::SNS::Subscription').size).toBe(0);
  const config = loadConfig('prod');
  const told = synthesize({ ...config, alarms: { ...config.alarms, email: 'on-call@example.com' } });
  const [, { Properties }] = told.resource('AWS::SNS::Subscription');
  expect(Properties).toMatchObject({ Protocol: 'email', Endpoint: 'on-call@example.com' });
});

const emfSchema = z
  .object({ _aws: z.object({ CloudWatchMetrics: z.array(z.object({ Dimensions: z.array(z.array(z.string())) })) }) })
  .loose();

/** The line with which a function sends a metric. */
function emfOf(service: string, env: string, metric: string): z.infer<typeof emfSchema> {
  const telemetry = JSON.stringify(pathToFileURL(join(CLONE, 'lambdas/telemetry.ts')));
  const program = `const { addCount, publishMetrics } = await import(${telemetry});
    addCount(${JSON.stringify(metric)});
    publishMetrics();`;
  const variables = { POWERTOOLS_SERVICE_NAME: service, POWERTOOLS_METRICS_NAMESPACE: 'tripcast', TRIPCAST_ENV: env };
  const run = ['--input-type=module', '--eval', program];
  return emfSchema.parse(JSON.parse(execFileSync(process.execPath, run, { env: variables, encoding: 'utf8' })));
}
