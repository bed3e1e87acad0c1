import { describe, expect, test } from 'vitest';
import { type RetrainReason, retrainingEvent } from '#monitoring/retraining.ts';
import { retrainingRequestSchema } from '#retraining/policy.ts';
import { aReport } from '../../support/a-report.ts';

const URI = 's3://data/report.json';
const { drift } = aReport();
const noHarm = { verdict: 'no-harm', days: 30, error: 3, limit: 4, low: 3, since: null } as const;
const harmed = { report: aReport(), uri: URI, isNew: true };
const drifted = {
  ...harmed,
  report: aReport({ harm: noHarm, drift: { ...drift, verdict: 'drifted' } }),
};
const steady = { ...harmed, report: aReport({ harm: noHarm, drift: { ...drift, verdict: 'steady' } }) };

describe('the event that asks for a retraining', () => {
  test('has a request that the retraining machine accepts', () => {
    const event = retrainingEvent(harmed, ['harm'], 'prod');
    expect(event).toMatchObject({
      type: 'Model harmed',
      detail: { environment: 'prod', taxi_type: 'green', month: '2023-04', reason: 'harm', report: URI },
    });
    expect(retrainingRequestSchema.parse(event?.detail.retraining)).toEqual({
      taxi_type: 'green',
      month: '2023-04',
      reason: 'harm in 2023-04',
    });
  });

  const typeOf = (monitored: typeof harmed, ...on: RetrainReason[]) => retrainingEvent(monitored, on, 'dev')?.type;

  test('is sent only for what the settings name', () => {
    expect(typeOf(harmed)).toBeUndefined();
    expect(typeOf(harmed, 'drift')).toBeUndefined();
    expect(typeOf(drifted, 'harm')).toBeUndefined();
    expect(typeOf(steady, 'harm', 'drift')).toBeUndefined();
    expect(typeOf(drifted, 'drift')).toBe('Data drifted');
    expect(typeOf(steady, 'month')).toBe('Month scored');
  });

  test('names the most serious reason: one month starts one retraining', () => {
    expect(typeOf(drifted, 'harm', 'drift', 'month')).toBe('Data drifted');
    expect(
      typeOf({ ...harmed, report: { ...harmed.report, drift: drifted.report.drift } }, 'month', 'drift', 'harm'),
    ).toBe('Model harmed');
    expect(typeOf(harmed, 'month', 'drift')).toBe('Month scored');
  });

  test('is not sent again for a month that was found unchanged, unless it harms or drifted', () => {
    expect(typeOf({ ...steady, isNew: false }, 'month')).toBeUndefined();
    expect(typeOf({ ...harmed, isNew: false }, 'month', 'harm')).toBe('Model harmed');
  });
});
