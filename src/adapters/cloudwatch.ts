import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricSink } from '#batch/check-month.ts';

/**
 * Metrics put one at a time, for what runs once a month.
 * @param dimensions added to every value
 */
export function metricSink(namespace: string, dimensions: Readonly<Record<string, string>>): MetricSink {
  const client = new CloudWatchClient({});
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return {
    async put(name, value) {
      await client.send(
        new PutMetricDataCommand({
          Namespace: namespace,
          MetricData: [{ MetricName: name, Value: value, Unit: 'Count', Dimensions }],
        }),
      );
    },
  };
}
