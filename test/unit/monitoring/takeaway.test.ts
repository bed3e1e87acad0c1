import { expect, test } from 'vitest';
import type { MonthReport } from '#monitoring/report-schema.ts';
import { takeawayOf } from '#monitoring/takeaway.ts';
import { parseMonth } from '#trips/month.ts';

type Columns = MonthReport['drift']['columns'];
type Given = Parameters<typeof takeawayOf>[0];

const column = (name: string, score: number, drifted = true, method = 'Jensen-Shannon effect', threshold = 0.1) => ({
  column: name,
  method,
  score,
  threshold,
  verdict: drifted ? ('drifted' as const) : ('steady' as const),
  drifted,
  missing: { reference: 0, current: 0 },
});

/** What it says about drift in a month without labels. */
function aboutDrift(columns: Columns, verdict: MonthReport['drift']['verdict'] = 'drifted'): string {
  const report = {
    reference: { month: parseMonth('2023-03'), in_training: false },
    harm: { verdict: 'not-enough-data', days: 0 },
    quality: null,
    estimate: { expected_mae: null, reference_mae: 4, factor: 0.3 },
    drift: { verdict, columns },
  };
  return takeawayOf(report as unknown as Given).replace('There is not enough data to judge the errors. ', '');
}

test('says which columns have drifted and how much, the prediction first', () => {
  expect(
    aboutDrift([column('predicted_duration', 0.134), column('VendorID', 0.26), column('extra', 0.02, false)]),
  ).toBe('Since 2023-03, the predictions (0.13) and VendorID (0.26) have drifted; the limit is 0.10.');
  expect(aboutDrift([column('trip_distance', 0.356)])).toBe(
    'Since 2023-03, trip_distance (0.36) has drifted; the limit is 0.10.',
  );
});

test('gives each limit where they differ, and says when a figure is a p-value', () => {
  const columns = [column('extra', 0.0000123, true, 'K-S p_value', 0.05), column('VendorID', 0.2)];
  expect(aboutDrift(columns)).toBe(
    'Since 2023-03, extra (p = 0.000012, the limit is p = 0.05) and VendorID (0.20, the limit is 0.10) have drifted.',
  );
});

test('without a drifted column', () => {
  expect(aboutDrift([column('extra', 0.02, false)], 'steady')).toBe('No column has drifted since 2023-03.');
  expect(aboutDrift([column('extra', 0.02, false)])).toBe(
    'No column has drifted since 2023-03, but too many values are missing.',
  );
  expect(aboutDrift([], 'not-enough-data')).toBe('There is not enough data to judge drift.');
});
