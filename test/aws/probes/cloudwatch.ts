import { DescribeAlarmsCommand, GetMetricStatisticsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { z } from 'zod';
import { invokeFunction } from '#adapters/lambda.ts';
import { type Bench, type Probe, type Resource, ref, type Site } from '../probe.ts';
import { until, watchSilence } from '../wait.ts';
import { hear, witness } from '../witness.ts';
import { machine, run } from './a-machine.ts';
import { messagesOf, topicWith } from './states-notices.ts';

/** Prints a metric the way Powertools does: on a line of its own, without the prefix that console.log gets. */
const PRINT_METRIC = `
  const Metrics = [{ Name: 'Printed', Unit: 'Count' }];
  const CloudWatchMetrics = [{ Namespace: event.namespace, Dimensions: [['service']], Metrics }];
  process.stdout.write(JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics }, service: 'probe', Printed: 7 }) + '\\n');`;

async function sum({ cloudWatch }: Bench, Namespace: string, MetricName: string): Promise<number> {
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace,
      MetricName,
      Dimensions: [{ Name: 'service', Value: 'probe' }],
      StartTime: new Date(Date.now() - 900_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 60,
      Statistics: ['Sum'],
    }),
  );
  return Datapoints.reduce((all, { Sum = 0 }) => all + Sum, 0);
}

export const embedded: Probe = {
  id: 'metrics-embedded-format',
  behavior: 'A log line in embedded metric format becomes a metric with its dimensions.',
  docs: {
    title: 'Embedding metrics within logs',
    url: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html',
  },
  reliedOnBy: ['test/image/scoring.test.ts', 'lambdas/telemetry.ts', 'lib/monitoring/metrics.ts'],
  expected: 7,
  resources: (site) => witness(site, 'Printer', { body: PRINT_METRIC }),
  look: {
    async seen(bench) {
      await invokeFunction(bench.idOf('Printer'), { namespace: bench.prefix });
      return until(
        bench,
        () => sum(bench, bench.prefix, 'Printed'),
        (found) => found > 0,
      );
    },
  },
};

export const putByState: Probe = {
  id: 'metrics-from-a-state',
  behavior:
    'A state can put metric data directly, and the metric has the value and the dimensions that its arguments name.',
  docs: {
    title: 'Learning to use AWS service SDK integrations in Step Functions',
    url: 'https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html',
  },
  reliedOnBy: ['test/integration/monitoring.test.ts', 'stepfunctions/monthly-batch.asl.json'],
  expected: 3,
  resources: (site) =>
    machine(site, 'Measure', 'Put', {
      Put: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:cloudwatch:putMetricData',
        Arguments: {
          Namespace: site.prefix,
          MetricData: [
            {
              MetricName: 'PutByState',
              Value: '{% $states.input.value %}',
              Unit: 'Count',
              Dimensions: [{ Name: 'service', Value: 'probe' }],
            },
          ],
        },
        End: true,
      },
    }),
  look: {
    async seen(bench) {
      await run(bench, 'Measure', { value: 3 });
      return until(
        bench,
        () => sum(bench, bench.prefix, 'PutByState'),
        (found) => found > 0,
      );
    },
  },
};

const alarm = ({ prefix }: Site, name: string, more: object): Resource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmName: `${prefix}-${name}`,
    Namespace: prefix,
    MetricName: name,
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    ...more,
  },
});

const put = ({ cloudWatch, prefix }: Bench, MetricName: string, service?: string) =>
  cloudWatch.send(
    new PutMetricDataCommand({
      Namespace: prefix,
      MetricData: [{ MetricName, Value: 1, ...(service && { Dimensions: [{ Name: 'service', Value: service }] }) }],
    }),
  );

async function state({ cloudWatch, prefix }: Bench, name: string): Promise<string> {
  const { MetricAlarms: [found] = [] } = await cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNames: [`${prefix}-${name}`] }),
  );
  return found?.StateValue ?? 'none';
}

const noticeSchema = z.object({ AlarmName: z.string(), NewStateValue: z.string(), AlarmDescription: z.string() });

export const notified: Probe = {
  id: 'alarm-notice',
  behavior:
    'PutMetricData over the threshold moves the alarm to ALARM, and the topic receives its name, state and description.',
  docs: {
    title: 'Using Amazon CloudWatch alarms',
    url: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html',
  },
  reliedOnBy: ['test/integration/alarms.test.ts', 'lib/monitoring/alarms.ts'],
  expected: { AlarmName: 'Raised', NewStateValue: 'ALARM', AlarmDescription: 'a probe' },
  resources: (site) => ({
    ...topicWith(site, 'Alarms'),
    RaisedAlarm: alarm(site, 'Raised', { AlarmDescription: 'a probe', AlarmActions: [ref('AlarmsTopic')] }),
  }),
  look: {
    async seen(bench) {
      await put(bench, 'Raised');
      const [first] = messagesOf(await hear(bench, 'AlarmsReader', (calls) => calls.length > 0));
      if (first === undefined) return `not notified; the alarm is ${await state(bench, 'Raised')}`;
      const { AlarmName, ...rest } = noticeSchema.parse(JSON.parse(first.Message));
      return { AlarmName: AlarmName.replace(`${bench.prefix}-`, ''), ...rest };
    },
  },
};

export const dimensions: Probe = {
  id: 'alarm-dimensions',
  behavior: 'An alarm evaluates only the metric with exactly its dimensions.',
  docs: {
    title: 'CloudWatch concepts (Dimensions)',
    url: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension',
  },
  reliedOnBy: ['test/infra/monitoring.test.ts', 'lib/monitoring/metrics.ts'],
  expected: { others: 'not ALARM', own: 'ALARM' },
  resources: (site) => ({
    DimensionedAlarm: alarm(site, 'Dimensioned', { Dimensions: [{ Name: 'service', Value: 'mine' }] }),
  }),
  look: {
    async seen(bench) {
      await put(bench, 'Dimensioned', 'another');
      await watchSilence(bench);
      const others = await state(bench, 'Dimensioned');
      await put(bench, 'Dimensioned', 'mine');
      const own = await until(
        bench,
        () => state(bench, 'Dimensioned'),
        (seen) => seen === 'ALARM',
      );
      return { others: others === 'ALARM' ? 'ALARM' : 'not ALARM', own };
    },
  },
};

export const missingData: Probe = {
  id: 'alarm-missing-data',
  behavior:
    'With no data, an alarm is OK if TreatMissingData is notBreaching, ALARM if it is breaching, and INSUFFICIENT_DATA if it is missing.',
  docs: {
    title: 'Configuring how CloudWatch alarms treat missing data',
    url: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html',
  },
  reliedOnBy: ['test/infra/monitoring.test.ts', 'lib/monitoring/alarms.ts'],
  expected: { notBreaching: 'OK', breaching: 'ALARM', missing: 'INSUFFICIENT_DATA' },
  resources: (site) => ({
    QuietAlarm: alarm(site, 'Quiet', { TreatMissingData: 'notBreaching' }),
    MissedAlarm: alarm(site, 'Missed', { TreatMissingData: 'breaching' }),
    UnknownAlarm: alarm(site, 'Unknown', { TreatMissingData: 'missing' }),
  }),
  look: {
    async seen(bench) {
      const look = async () => ({
        notBreaching: await state(bench, 'Quiet'),
        breaching: await state(bench, 'Missed'),
        missing: await state(bench, 'Unknown'),
      });
      return until(bench, look, ({ notBreaching, breaching }) => notBreaching === 'OK' && breaching === 'ALARM');
    },
  },
};
