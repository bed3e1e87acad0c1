import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

export const logger = new Logger();

/** A dimension, since environments may share an account. Run ids are metadata: each would make a new metric. */
export const metrics = new Metrics({ defaultDimensions: { environment: process.env.TRIPCAST_ENV ?? 'none' } });

export const addCount = (name: string, value = 1) => metrics.addMetric(name, MetricUnit.Count, value);
export const addMilliseconds = (name: string, value: number) => metrics.addMetric(name, MetricUnit.Milliseconds, value);

/** Call at the end of an invocation. Powertools warns if there is nothing to publish, as after a golden-rides check. */
export function publishMetrics(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}

/** Our own engine does not run the model, and onnxruntime does instead, which takes several times as long. */
export function reportFallback(reason: string): void {
  logger.warn('onnxruntime scores instead of the engine', { reason });
  addCount('EngineFallback');
}

/** A new champion could not be loaded; the previous one keeps serving, and there is an alarm on the metric. */
export function reportRefreshFailed(error: unknown): void {
  logger.error('The model could not be refreshed; the previous one keeps serving', { error });
  addCount('ModelRefreshFailed');
}
