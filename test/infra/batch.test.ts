import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { FUNCTIONS } from '#lib/config/functions.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName } from '#lib/config/names.ts';
import { readDefinition } from '#lib/constructs/state-machine.ts';
import { monitoringSettingsSchema } from '#monitoring/settings.ts';
import { synthesize, synthesized } from './support/synthesized.ts';

const machineSchema = z.object({
  StateMachineName: z.string(),
  DefinitionString: z.string(),
  DefinitionSubstitutions: z.record(z.string(), z.unknown()),
  TracingConfiguration: z.object({ Enabled: z.literal(true) }),
  LoggingConfiguration: z.object({ Level: z.string(), IncludeExecutionData: z.boolean() }),
});

describe.each(ENVIRONMENTS)('in %s', (env) => {
  const { config, resources, resource } = synthesized(env);
  const machines = [...resources('AWS::StepFunctions::StateMachine').values()].map(({ Properties }) =>
    machineSchema.parse(Properties),
  );

  test('every file of stepfunctions/ is deployed under its own name', () => {
    const files = readdirSync(new URL('../../stepfunctions', import.meta.url)).sort();
    const deployed = machines.map(({ StateMachineName }) => StateMachineName.replace(`tripcast-${env}-`, '')).sort();
    expect(deployed.map((name) => `${name}.asl.json`)).toEqual(files);
  });

  test.each(machines)('$StateMachineName is JSON once its placeholders are filled, and uses JSONata', (machine) => {
    const { DefinitionString: text, DefinitionSubstitutions: given } = machine;
    const filled = text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      expect(Object.keys(given)).toContain(name);
      return typeof given[name] === 'string' ? given[name] : 'arn';
    });
    expect(JSON.parse(filled)).toMatchObject({ QueryLanguage: 'JSONata', StartAt: expect.any(String) });
  });

  describe('an execution times out, which is what its alarm counts', () => {
    const DAY = 86_400;
    const definitionSchema = z.object({
      TimeoutSeconds: z.number(),
      States: z.record(
        z.string(),
        z.looseObject({
          Arguments: z.looseObject({ FunctionName: z.string().optional() }).optional(),
          Retry: z.array(z.object({ ErrorEquals: z.array(z.string()), MaxAttempts: z.number() })).optional(),
        }),
      ),
    });
    const definitionOf = (name: string) => {
      const text = machines.find(({ StateMachineName }) => StateMachineName.endsWith(name))?.DefinitionString ?? '';
      return definitionSchema.parse(JSON.parse(text));
    };
    const { functions, publication, schedule } = config;
    const month = (tries: { readonly ingest: number; readonly score: number; readonly monitor: number }) =>
      functions.ingest.timeoutSeconds * tries.ingest +
      functions.score.timeoutSeconds * tries.score +
      functions.monitor.timeoutSeconds * tries.monitor;

    test('training: after the longest that its functions may take, with every retry', () => {
      const { TimeoutSeconds, States } = definitionOf('training');
      const most = Object.values(States).map(({ Arguments, Retry = [] }) => {
        const name = FUNCTIONS.find((each) => Arguments?.FunctionName?.toLowerCase() === `\${${each}function}`);
        const [tries] = Retry.filter(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
        return name === undefined ? 0 : functions[name].timeoutSeconds * (1 + (tries?.MaxAttempts ?? 0));
      });
      const sum = most.reduce((all, each) => all + each, 0);
      expect(sum).toBeGreaterThan(2 * functions.train.timeoutSeconds);
      expect(TimeoutSeconds).toBeGreaterThan(sum);
      expect(TimeoutSeconds).toBeLessThan(DAY);
    });

    test('monthly-batch: after the wait for a month and the work on owed months, before the next run', () => {
      const { TimeoutSeconds } = definitionOf('monthly-batch');
      const work = (schedule.lookBackMonths + 1) * month({ ingest: 5, score: 3, monitor: 2 });
      expect(TimeoutSeconds).toBeGreaterThan(publication.giveUpDays * DAY + work);
      expect(TimeoutSeconds).toBeLessThan(28 * DAY); // a February
    });

    test('backfill: after every month that TLC has published since 2009, one after the other', () => {
      const { TimeoutSeconds } = definitionOf('backfill');
      expect(TimeoutSeconds).toBeGreaterThan(17 * 12 * month({ ingest: 1, score: 1, monitor: 1 }));
    });
  });

  test('the function monitor gets the configured limits in the form that it reads', () => {
    const [, { Properties }] = resource(
      'AWS::Lambda::Function',
      ({ FunctionName }) => FunctionName === functionName(env, 'monitor'),
    );
    const { Variables } = z.object({ Variables: z.object({ MONITORING: z.string() }) }).parse(Properties.Environment);
    expect(config.monitoring).toMatchObject(monitoringSettingsSchema.parse(JSON.parse(Variables.MONITORING)));
  });

  test('the monthly state machine waits as configured for a month to be published', () => {
    const monthly = machines.find(({ StateMachineName }) => StateMachineName.endsWith('monthly-batch'));
    expect(monthly?.DefinitionSubstitutions).toMatchObject({ PollSeconds: '86400', GiveUpDays: '25' });
  });

  const schedules = [...resources('AWS::Scheduler::Schedule').values()].map(({ Properties }) => Properties);

  test.each([
    ['monthly-batch', 'on the 15th', 'cron(0 0 15 * ? *)'],
    ['check-month', 'a day later', 'cron(0 0 16 * ? *)'],
  ])('a schedule starts %s %s at midnight in Cairo, with the time it meant to start', (name, _, expression) => {
    const [queue] = resource('AWS::SQS::Queue');
    expect(schedules.find(({ Name }) => Name === `tripcast-${env}-${name}`)).toMatchObject({
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: 'Africa/Cairo',
      State: 'ENABLED',
      Target: {
        Input: '{"taxi_type":"green","scheduledTime":"<aws.scheduler.scheduled-time>"}',
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queue, 'Arn'] } },
        RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 86_400 },
      },
    });
  });

  test('there are only those two schedules', () => {
    expect(schedules).toHaveLength(2);
  });

  test("the schedules' dead letters and the notices are encrypted", () => {
    expect(resource('AWS::SQS::Queue')[1].Properties).toMatchObject({ SqsManagedSseEnabled: true });
    const [key, { Properties }] = resource('AWS::KMS::Key');
    expect(resource('AWS::SNS::Topic')[1].Properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [key, 'Arn'] });
    expect(Properties.EnableKeyRotation).toBe(true);
  });

  test('logs of executions go at the configured level', () => {
    for (const { LoggingConfiguration } of machines) {
      expect(LoggingConfiguration).toMatchObject({
        Level: config.logs.workflowLevel,
        IncludeExecutionData: config.logs.workflowData,
      });
    }
  });
});

test('in prod the topic and the queue refuse plain HTTP', () => {
  const { resource } = synthesized('prod');
  for (const type of ['AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy']) {
    expect(resource(type)[1].Properties.PolicyDocument).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      ]),
    });
  }
});

test('in prod every step of an execution is logged, and none of its data', () => {
  expect(loadConfig('prod').logs).toMatchObject({ workflowLevel: 'ALL', workflowData: false });
});

test('a schedule for a fixed run names it', () => {
  const config = loadConfig('dev');
  const runId = '0123456789abcdef0123456789abcdef';
  const [, { Properties }] = synthesize({ ...config, schedule: { ...config.schedule, runId } }).resource(
    'AWS::Scheduler::Schedule',
    ({ Name }) => Name === 'tripcast-dev-monthly-batch',
  );
  expect(Properties.Target).toMatchObject({
    Input: `{"taxi_type":"green","run_id":"${runId}","scheduledTime":"<aws.scheduler.scheduled-time>"}`,
  });
});

test('a placeholder without a value, or a value without a placeholder, stops the synthesis', () => {
  const file = readFileSync(new URL('../../stepfunctions/backfill.asl.json', import.meta.url), 'utf8');
  expect(file).toContain('IngestFunction');
  expect(() => readDefinition('backfill', ['PlanFunction', 'ScoreFunction', 'MonitorFunction', 'Typo'])).toThrow(
    'stepfunctions/backfill.asl.json and the stack do not agree on "IngestFunction", "Typo".',
  );
});
