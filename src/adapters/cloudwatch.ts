import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricSink } from '#batch/check-month.ts';
import type { MetricValue, MonthMetrics } from '#monitoring/metrics.ts';

/**
 * Metrics for what runs once a month.
 * @param dimensions added to every value
 */
export function metricSink(namespace: string, dimensions: Readonly<Record<string, string>>): MetricSink & MonthMetrics {
  const client = new CloudWatchClient({});
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const putAll = async (values: readonly MetricValue[]) => {
    const MetricData = values.map(({ name, value, unit }) => ({
      MetricName: name,
      Value: value,
      Unit: unit,
      Dimensions,
    }));
    if (MetricData.length > 0) await client.send(new PutMetricDataCommand({ Namespace: namespace, MetricData }));
  };
  return { put: (name, value) => putAll([{ name, value, unit: 'Count' }]), putAll };
}
