import { describe, expect, test } from 'vitest';
import { monthProgress, outcomesIn } from '#batch/month-progress.ts';
import { withoutScore } from '#batch/outcome.ts';
import { type Month, parseMonth, parseMonths } from '#trips/month.ts';

const MONTHS = parseMonths('2023-01..2023-04');
const [JANUARY, FEBRUARY, APRIL] = ['2023-01', '2023-02', '2023-04'].map(parseMonth);

const plan = (present: boolean) => ({
  StatusCode: 200,
  Payload: { maxConcurrency: 1, months: MONTHS.map((month) => ({ taxi_type: 'green', month, present })) },
});
const ingested = (month: Month | undefined) => ({ Payload: { taxi_type: 'green', month, status: 'ingested' } });
const ended = (month: Month | undefined, status: 'scored' | 'failed' = 'scored') => ({
  ...withoutScore({ taxi_type: 'green', month: parseMonth('2023-01') }, status, 'as a test has it'),
  month,
});

const states = (outputs: readonly unknown[], maxConcurrency = 1) =>
  monthProgress(outputs, { months: MONTHS, maxConcurrency }).map(({ state }) => state);

describe('how far a backfill is', () => {
  test('before its plan: everything is queued', () => {
    expect(states([])).toEqual(['queued', 'queued', 'queued', 'queued']);
  });

  test('its first months are worked on, as many as may be at a time', () => {
    expect(states([plan(true)])).toEqual(['scoring', 'queued', 'queued', 'queued']);
    expect(states([plan(false)], 3)).toEqual(['ingesting', 'ingesting', 'ingesting', 'queued']);
    expect(states([plan(false), ingested(FEBRUARY)], 3)).toEqual(['ingesting', 'scoring', 'ingesting', 'queued']);
  });

  test('a month that is done makes place for the next', () => {
    expect(states([plan(true), { Payload: ended(FEBRUARY) }], 2)).toEqual(['scoring', 'scored', 'scoring', 'queued']);
  });

  test('the end of the Map names the months that failed', () => {
    const outputs = [plan(true), { Payload: ended(JANUARY) }, { months: [ended(JANUARY), ended(APRIL, 'failed')] }];
    expect(states(outputs)).toEqual(['scored', 'scoring', 'queued', 'failed']);
    expect(outcomesIn(outputs).map(({ month, status }) => `${month} ${status}`)).toEqual([
      '2023-01 scored',
      '2023-04 failed',
    ]);
  });
});
