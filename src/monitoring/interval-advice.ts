import type { MonthReport } from './report-schema.ts';

const NOMINAL = 0.9;
/** By more than this, intervals no longer say what they claim. The gate allows a new run as much. */
const TOLERANCE = 0.02;

/** What to do about intervals that miss their share, in two sentences; undefined if they don't, or nobody knows. */
export function intervalAdvice(
  { quality, evaluation, month, taxi_type: type }: MonthReport,
  env?: string,
): string | undefined {
  // Of a month that it was trained on, a run says nothing about others, and cannot be recalibrated.
  if (quality === null || evaluation === 'in-training') return undefined;
  if (Math.abs(quality.coverage_90 - NOMINAL) <= TOLERANCE) return undefined;
  const flags = [...(type === 'green' ? [] : [`--taxi-type ${type}`]), ...(env === undefined ? [] : [`--env ${env}`])];
  const command = ['npx tripcast models recalibrate', `--months ${month}`, '--promote', ...flags].join(' ');
  return `${(100 * quality.coverage_90).toFixed(1)}% of the rides are inside the 90% interval, more than ${100 * TOLERANCE} points off. Recalibrate: ${command}`;
}
