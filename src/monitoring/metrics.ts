import type { MonthReport } from './report-schema.ts';

/** One value of a metric, as CloudWatch counts it. */
export interface MetricValue {
  readonly name: string;
  readonly value: number;
  readonly unit: 'Count' | 'None';
}

/** What monitoring needs from a metrics service; implemented in src/adapters/cloudwatch.ts. */
export interface MonthMetrics {
  /** Puts all values in one call. */
  putAll(values: readonly MetricValue[]): Promise<void>;
}

/**
 * What a month's report puts on the dashboard. A value that the month lacks is left out, so that an alarm keeps its state.
 * Alarms watch MonthHarmed and MonthDrifted; errors are in minutes.
 */
export function metricsOf({ harm, drift, quality, estimate }: MonthReport): readonly MetricValue[] {
  const count = (name: string, value: number | undefined) => ({ name, value, unit: 'Count' }) as const;
  const figure = (name: string, value: number | null | undefined) => ({ name, value, unit: 'None' }) as const;
  const isDriftKnown = drift.verdict !== 'not-enough-data';
  const values = [
    count('MonthHarmed', harm.verdict === 'not-enough-data' ? undefined : Number(harm.verdict === 'harm')),
    count('MonthDrifted', isDriftKnown ? Number(drift.verdict === 'drifted') : undefined),
    count('DriftedColumns', isDriftKnown ? drift.columns.filter(({ drifted }) => drifted).length : undefined),
    figure('MonthMae', quality?.absolute_error.mean),
    figure('MonthExpectedMae', estimate.expected_mae),
    figure('MonthRmse', quality?.rmse),
    figure('MonthCoverage90', quality?.coverage_90),
  ];
  return values.flatMap(({ value, ...rest }) => (isNumber(value) ? [{ ...rest, value }] : []));
}

const isNumber = (value: number | null | undefined): value is number => Number.isFinite(value);
