import type { MonthReport } from '#monitoring/report-schema.ts';
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
  estimate: { expected_mae: 3.588, reference_mae: 3.61, factor: 0.2 },
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
