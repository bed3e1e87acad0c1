import { describe, expect, test } from 'vitest';
import { retrainingEvent } from '#monitoring/retraining.ts';
import { planTraining, trainingRequestSchema } from '#training/training-job.ts';
import { aReport } from '../../support/a-report.ts';

const URI = 's3://data/report.json';
const { drift } = aReport();
const harmed = { report: aReport(), uri: URI };
const drifted = {
  report: aReport({
    harm: { verdict: 'no-harm', days: 30, error: 3, limit: 4, low: 3, since: null },
    drift: { ...drift, verdict: 'drifted' },
  }),
  uri: URI,
};
const retrain = (...on: ('harm' | 'drift')[]) => ({ on, recipe: 'zone-map-fast' as const, months: 3 });

describe('the event that asks for a training', () => {
  test('has a request that the training machine accepts: the months up to this one, but its last week', () => {
    const event = retrainingEvent(harmed, retrain('harm'), 'prod');
    expect(event).toMatchObject({
      type: 'Model harmed',
      detail: { environment: 'prod', taxi_type: 'green', month: '2023-04', reason: 'harm', report: URI },
    });
    expect(planTraining(trainingRequestSchema.parse(event?.detail.training), 'yellow')).toEqual({
      recipe: 'zone-map-fast',
      taxi_type: 'green',
      months: ['2023-02', '2023-03', '2023-04'],
      validation: { kind: 'last', month: '2023-04', days: 7 },
      promote: true,
      promoted_by: 'monitoring (harm in 2023-04)',
    });
  });

  test('is sent only for what the settings name', () => {
    const typeOf = (monitored: typeof harmed, ...on: ('harm' | 'drift')[]) =>
      retrainingEvent(monitored, retrain(...on), 'dev')?.type;
    expect(typeOf(harmed)).toBeUndefined();
    expect(typeOf(harmed, 'drift')).toBeUndefined();
    expect(typeOf(drifted, 'harm')).toBeUndefined();
    expect(typeOf(drifted, 'drift')).toBe('Data drifted');
    expect(typeOf(drifted, 'harm', 'drift')).toBe('Data drifted');
    expect(typeOf({ ...harmed, report: { ...harmed.report, drift: drifted.report.drift } }, 'drift')).toBe(
      'Data drifted',
    );
  });
});
