import { expect, test } from 'vitest';
import { retrainingTable } from '#cli/view/retraining-table.ts';
import type { RetrainingOutcome } from '#retraining/outcome.ts';
import { monthRange, parseMonth } from '#trips/month.ts';
import { aRun } from '../../support/a-run.ts';

const APRIL = parseMonth('2023-04');
const outcome: RetrainingOutcome = {
  status: 'promoted',
  taxi_type: 'green',
  month: APRIL,
  reason: 'test',
  best: 'window of 3 months',
  candidates: [
    {
      name: 'window of 3 months',
      months: [...monthRange(parseMonth('2023-02'), APRIL)],
      status: 'passed',
      reasons: [],
      run_id: aRun('b'),
      rmse: 4.0412,
      rmse_difference: -0.1234,
      coverage_90: 0.8951,
    },
    {
      name: 'recalibration',
      months: [APRIL],
      status: 'failed',
      reasons: ['Runtime.OutOfMemory'],
      run_id: null,
      rmse: null,
      rmse_difference: null,
      coverage_90: null,
    },
  ],
  left_out: [{ name: 'window of 9 months', why: '2022-08 is not in the data bucket' }],
  champion: null,
};

test('each candidate has a line; what speaks against it, and what was left out, follow', () => {
  const text = retrainingTable(outcome);
  expect(text).toMatch(/^window of 3 months +2023-02\.\.2023-04 +promoted +4\.0412 +-0\.1234 +89\.5% +b{32}$/m);
  expect(text).toMatch(/^recalibration +2023-04 +failed +– +– +– +–$/m);
  expect(text).toContain('\nrecalibration: Runtime.OutOfMemory\n');
  expect(text).toContain('\nwindow of 9 months: left out, 2022-08 is not in the data bucket\n');
});

test.each([
  ['refused', 'nothing passed, so the champion stays'],
  ['lost-race', 'another run became champion in the meantime'],
  ['registered', 'the window of 3 months is the best that passed'],
] as const)('it ends with what %s means', (status, said) => {
  expect(
    retrainingTable({ ...outcome, status })
      .split('\n')
      .at(-1),
  ).toContain(said);
});

test('without a candidate there is no table', () => {
  const text = retrainingTable({ ...outcome, status: 'no-candidates', candidates: [], best: null });
  expect(text.split('\n')).toEqual([
    'window of 9 months: left out, 2022-08 is not in the data bucket',
    'nothing could be trained up to 2023-04, so the champion stays',
  ]);
});
