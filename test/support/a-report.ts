import { type MonthReport, monthReportSchema } from '#monitoring/report-schema.ts';

const quality = (mae: number) => ({
  rows: 1000,
  error: { mean: -0.5, std: 6 },
  absolute_error: { mean: mae, std: 5 },
  percentage_error: { mean: 37, std: 60 },
  rmse: 6.2,
  r2: 0.5,
  max_error: 50,
  dummy: { rmse: 9.6, mae: 6.8, mape: 51, max_error: 45 },
  coverage_90: 0.9,
});

const column = (name: string) => ({
  column: name,
  method: 'Wasserstein effect (normed)',
  score: 0.2,
  threshold: 0.1,
  verdict: 'drifted',
  drifted: true,
  missing: { reference: 0, current: 0 },
});

export interface ReportedMonth {
  readonly month: string;
  readonly run?: string;
  /** Minutes; null = no labels. */
  readonly mae?: number | null;
  readonly harmed?: boolean;
  readonly drifted?: readonly string[];
  readonly evaluation?: MonthReport['evaluation'];
  readonly created_at?: string;
}

/** A small report of a month whose reference, 2022-12, has an error of 4 minutes and whose limit is 4.4. */
export function aReport(given: ReportedMonth): MonthReport {
  const { mae = 4.1, harmed = false, drifted = [], evaluation = 'after-training' } = given;
  return monthReportSchema.parse({
    schema_version: 1,
    taxi_type: 'green',
    month: given.month,
    run_id: (given.run ?? 'a').repeat(32),
    evaluation,
    reference: { month: '2022-12', in_training: false },
    takeaway: `About ${given.month}.`,
    rows: { scored: 1000, labelled: mae === null ? 0 : 1000, reference: 1000 },
    drift: {
      preset: 'tripcast',
      verdict: drifted.length > 0 ? 'drifted' : 'steady',
      drifted_share: 0,
      columns: drifted.map(column),
      only_in_reference: [],
      only_in_current: [],
    },
    quality: mae === null ? null : quality(mae),
    reference_quality: quality(4),
    harm:
      mae === null
        ? { verdict: 'not-enough-data', days: 0 }
        : { verdict: harmed ? 'harm' : 'no-harm', days: 30, error: mae, limit: 4.4, low: 3, since: null },
    estimate: { expected_mae: 4, reference_mae: 4, factor: 0.24 },
    segments: {},
    calibration: [],
    days: [],
    zones: [],
    code_version: 'this',
    created_at: given.created_at ?? '2023-05-16T00:00:00.000Z',
  });
}
