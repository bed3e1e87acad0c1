import type { MonthReport } from './report-schema.ts';

export type MonthVerdict = 'steady' | 'drifted' | 'harm' | 'not-enough-data';

/** A month in one word, worst first. Steady means that both questions, about harm and about drift, have an answer. */
export function verdictOf({ harm, drift }: Pick<MonthReport, 'harm' | 'drift'>): MonthVerdict {
  if (harm.verdict === 'harm') return 'harm';
  if (drift.verdict === 'drifted') return 'drifted';
  if (harm.verdict === 'not-enough-data' || drift.verdict === 'not-enough-data') return 'not-enough-data';
  return 'steady';
}
