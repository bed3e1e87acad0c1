import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

export const logger = new Logger();

/** Environments may share an account, so it is a dimension; a run is metadata, never one (each would be a new metric). */
export const metrics = new Metrics({ defaultDimensions: { environment: process.env.TRIPCAST_ENV ?? 'none' } });

export const addCount = (name: string, value = 1) => metrics.addMetric(name, MetricUnit.Count, value);
export const addMilliseconds = (name: string, value: number) => metrics.addMetric(name, MetricUnit.Milliseconds, value);

/** At the end of an invocation. Powertools warns of an empty publication, which a golden-rides check rightly is. */
export function publishMetrics(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}

/** A new champion could not be taken up; the one before goes on serving, and an alarm stands on the metric. */
export function reportRefreshFailed(error: unknown): void {
  logger.error('The model could not be refreshed; the one before goes on serving', { error });
  addCount('ModelRefreshFailed');
}
