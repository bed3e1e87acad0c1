import { CloudWatchClient, DescribeAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { followExecution, startExecution } from '#adapters/step-functions.ts';
import { connect } from '#cli/context.ts';
import { aSubscriber } from '../support/a-subscriber.ts';

// The emulator judges alarms when metrics are put, and looks at a metric's name and not at its dimensions: which function's
// metric an alarm is on is held by test/infra/monitoring.test.ts.

const cloudWatch = new CloudWatchClient({});
const subscriber = await aSubscriber('who-is-told');

afterAll(() => cloudWatch.destroy());

/** The next message that passes; others are left behind. */
const told = <T>(schema: z.ZodType<T>): Promise<T> =>
  subscriber.told((body) => schema.safeParse(JSON.parse(body)).data);

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
