import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CloudWatchClient, DescribeAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { followExecution, startExecution } from '#adapters/step-functions.ts';
import { connect } from '#cli/context.ts';
import { loadConfig } from '#lib/config/load.ts';
import { resourceName } from '#lib/config/names.ts';
import { CHECKS_PYTHON } from '#setup/paths.mjs';
import { endpointUrl } from '../support/endpoint-url.ts';

// The emulator judges alarms when metrics are put, and looks at a metric's name and not at its dimensions: which function's
// metric an alarm is on is held by test/infra/monitoring.test.ts.

const run = promisify(execFile);
const cloudWatch = new CloudWatchClient({});
const { region, account } = loadConfig('dev');
let queueUrl: string;

/** The AWS command line: no SDK client of SNS or SQS is among the dependencies. */
async function aws(...args: readonly string[]): Promise<unknown> {
  const there = ['--endpoint-url', endpointUrl(), '--output', 'json'];
  const { stdout } = await run(CHECKS_PYTHON, ['-m', 'awscli', ...args, ...there]);
  return JSON.parse(stdout || 'null');
}

beforeAll(async () => {
  const topic = `arn:aws:sns:${region}:${account}:${resourceName('dev', 'notices')}`;
  const queue = `arn:aws:sqs:${region}:${account}:who-is-told`;
  const fromTopic = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queue,
    Condition: { ArnEquals: { 'aws:SourceArn': topic } },
  };
  const attributes = JSON.stringify({ Policy: JSON.stringify({ Version: '2012-10-17', Statement: [fromTopic] }) });
  const made = await aws('sqs', 'create-queue', '--queue-name', 'who-is-told', '--attributes', attributes);
  queueUrl = z.object({ QueueUrl: z.string() }).parse(made).QueueUrl;
  const to = ['--topic-arn', topic, '--protocol', 'sqs', '--notification-endpoint', queue];
  await aws('sns', 'subscribe', ...to, '--attributes', 'RawMessageDelivery=true');
});

afterAll(() => cloudWatch.destroy());

const receivedSchema = z.object({ Messages: z.array(z.object({ Body: z.string(), ReceiptHandle: z.string() })) });

/** The next message that passes; others are left behind. */
async function told<T>(schema: z.ZodType<T>): Promise<T> {
  for (let tries = 0; tries < 5; tries++) {
    const receive = ['sqs', 'receive-message', '--queue-url', queueUrl, '--wait-time-seconds', '5'];
    const { Messages } = receivedSchema.parse((await aws(...receive)) ?? { Messages: [] });
    for (const { Body, ReceiptHandle } of Messages) {
      await aws('sqs', 'delete-message', '--queue-url', queueUrl, '--receipt-handle', ReceiptHandle);
      const message = schema.safeParse(JSON.parse(Body));
      if (message.success) return message.data;
    }
  }
  throw new Error('Nobody was told.');
}

const alarmSchema = z.object({
  AlarmName: z.literal('tripcast-dev-records-failed'),
  AlarmDescription: z.string(),
  NewStateValue: z.enum(['ALARM', 'OK']),
});

async function put(metric: string, value: number): Promise<void> {
  const Dimensions = [
    { Name: 'environment', Value: 'dev' },
    { Name: 'service', Value: 'stream-score' },
  ];
  const MetricData = [{ MetricName: metric, Value: value, Dimensions }];
  await cloudWatch.send(new PutMetricDataCommand({ Namespace: 'tripcast', MetricData }));
}

test('a failed record raises an alarm, and its notice says where to look', async () => {
  await put('RecordsFailed', 1);
  expect(await told(alarmSchema)).toMatchObject({
    NewStateValue: 'ALARM',
    AlarmDescription: expect.stringContaining('docs/runbook.md, records-failed'),
  });
  const AlarmNames = ['tripcast-dev-records-failed', 'tripcast-dev-records-dropped'];
  const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames }));
  const states = Object.fromEntries(MetricAlarms.map(({ AlarmName, StateValue }) => [AlarmName, StateValue]));
  expect(states).toEqual({
    'tripcast-dev-records-failed': 'ALARM',
    'tripcast-dev-records-dropped': 'INSUFFICIENT_DATA',
  });
});

test('a training that fails says why', async () => {
  const { output } = await connect('dev');
  const input = { recipe: 'linear-pair', taxi_type: 'yellow', train: { from: '2019-07', to: '2019-07' } };
  const end = await followExecution(await startExecution(output('TrainingArn'), input), () => {});
  const cause = 'months are not in the data bucket: 2019-07, 2019-08';
  expect(end).toMatchObject({ outcome: 'failed', cause: expect.stringContaining(cause) });
  const failure = z.object({ execution: z.string(), error: z.object({ Cause: z.string() }) });
  expect(await told(failure)).toMatchObject({
    execution: expect.stringContaining('tripcast-dev-training'),
    error: { Cause: expect.stringContaining(cause) },
  });
});
