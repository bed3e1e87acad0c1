import { type MonthReport, monthReportSchema } from '#monitoring/report-schema.ts';
import { parseMonth } from '#trips/month.ts';
import { aRun } from './a-run.ts';

const quality = {
  rows: 62_979,
  error: { mean: -1.5, std: 6 },
  absolute_error: { mean: 5.744, std: 5 },
  percentage_error: { mean: 40, std: 60 },
  rmse: 8.1,
  r2: 0.4,
  max_error: 50,
  dummy: { rmse: 10, mae: 8, mape: 70, max_error: 45 },
  coverage_90: 0.81,
};
const segment = (group: string, rows: number, mae: number, reference_mae: number | null) => ({
  group,
  rows,
  mae,
  rmse: mae,
  bias: 0,
  coverage_90: 0.8,
  reference_mae,
});

const NO_HARM = { verdict: 'no-harm', days: 30, error: 3.588, limit: 3.971, low: 3.3, since: null } as const;

/** A report on 2023-04 of green taxis, whose predictions got worse; no column drifted. */
export const aReport = (changes: Partial<MonthReport> = {}): MonthReport => ({
  schema_version: 1,
  taxi_type: 'green',
  month: parseMonth('2023-04'),
  run_id: aRun('a'),
  evaluation: 'after-training',
  reference: { month: parseMonth('2023-03'), in_training: false },
  takeaway: 'Predictions are off.',
  rows: { scored: 62_979, labelled: 62_979, reference: 69_392 },
  drift: {
    preset: 'tripcast',
    verdict: 'steady',
    drifted_share: 0,
    columns: [aColumn('predicted_duration', 0.021, false), aColumn('trip_distance', 0.014, false)],
    only_in_reference: [],
    only_in_current: [],
  },
  quality,
  reference_quality: { ...quality, absolute_error: { mean: 3.61, std: 4 } },
  harm: { verdict: 'harm', days: 30, error: 5.71, limit: 3.971, low: 4.2, since: '2023-04-17' },
  estimate: { expected_mae: 3.588, reference_mae: 3.61, factor: 0.2, harm: NO_HARM },
  segments: {
    pickup_borough: [
      segment('Manhattan', 40_000, 5.5, 3.5),
      segment('Queens', 15_000, 6.9, 4.25),
      segment('Bronx', 7_000, 6.2, 4.4),
      segment('Brooklyn', 900, 4, 3.9),
      segment('Staten Island', 12, 30, 5),
      segment('EWR', 300, 4, null),
    ],
    hour: [segment('8', 3000, 6.2, 4), segment('17', 5000, 7.5, 4.1), segment('3', 700, 3, 3.2)],
  },
  calibration: [],
  days: [],
  zones: [],
  code_version: 'test',
  created_at: '2023-05-16T00:00:00.000Z',
  ...changes,
});

export const aColumn = (
  column: string,
  score: number,
  drifted: boolean,
  method = 'Jensen-Shannon effect',
  threshold = 0.1,
) => ({
  column,
  method,
  score,
  threshold,
  verdict: drifted ? ('drifted' as const) : ('steady' as const),
  drifted,
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
export function aReportOf(given: ReportedMonth): MonthReport {
  const { month, run = 'a', mae = 4.1, harmed = false, drifted = [], created_at } = given;
  const base = aReport();
  return monthReportSchema.parse({
    ...base,
    month,
    run_id: run.repeat(32),
    ...(given.evaluation && { evaluation: given.evaluation }),
    ...(created_at && { created_at }),
    reference: { month: '2022-12', in_training: false },
    takeaway: `About ${month}.`,
    rows: { scored: 1000, labelled: mae === null ? 0 : 1000, reference: 1000 },
    drift: {
      ...base.drift,
      verdict: drifted.length > 0 ? 'drifted' : 'steady',
      columns: drifted.map((column) => aColumn(column, 0.2, true)),
    },
    quality: mae === null ? null : { ...quality, absolute_error: { mean: mae, std: 5 } },
    reference_quality: { ...quality, absolute_error: { mean: 4, std: 5 } },
    harm:
      mae === null
        ? { verdict: 'not-enough-data', days: 0 }
        : { verdict: harmed ? 'harm' : 'no-harm', days: 30, error: mae, limit: 4.4, low: 3, since: null },
    estimate: { expected_mae: 4, reference_mae: 4, factor: 0.24, harm: NO_HARM },
    segments: {},
  });
}
