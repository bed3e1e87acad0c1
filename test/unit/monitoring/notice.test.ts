import { describe, expect, test } from 'vitest';
import { verdictOf } from '#monitoring/month-verdict.ts';
import { noticeOf } from '#monitoring/notice.ts';
import { aColumn, aReport } from '../../support/a-report.ts';

const LINKS = { page: 's3://tripcast-data/reports/report.html', env: 'prod' };
const noHarm = { verdict: 'no-harm', days: 30, error: 3.62, limit: 3.971, low: 3.5, since: null } as const;
const { drift } = aReport();
const unjudged = { ...drift, verdict: 'not-enough-data' as const, columns: [] };
const drifted = (...columns: ReturnType<typeof aColumn>[]) => ({ ...drift, verdict: 'drifted' as const, columns });

describe('a notice', () => {
  test('of a month that harmed says what, how much, since when, where, and how to see more', () => {
    expect(noticeOf(aReport(), LINKS)).toEqual({
      subject: 'tripcast prod: green 2023-04 predictions got worse',
      message: `Predictions for green taxis got worse in 2023-04.

Error: 5.74 min on average over 62,979 rides; the limit is 3.97 (2023-03: 3.61, and 10% more is tolerated).
Since: 2023-04-17, the day on which the evidence sufficed.
Worst boroughs: Queens 6.90 min (2023-03: 4.25), Manhattan 5.50 min (2023-03: 3.50), Bronx 6.20 min (2023-03: 4.40).
Worst pickup hours: 17:00 7.50 min (2023-03: 4.10), 08:00 6.20 min (2023-03: 4.00).
Drift: none since 2023-03.
Intervals: 81.0% of the rides are inside the 90% interval, more than 2 points off. Recalibrate: npx tripcast models recalibrate --months 2023-04 --promote --env prod

Report: s3://tripcast-data/reports/report.html
See more: npx tripcast why month-harmed --month 2023-04 --env prod`,
    });
  });

  test('of a month that drifted names the columns, each with its figure and limit', () => {
    const columns = [
      aColumn('PULocationID', 0.2149, true),
      aColumn('trip_distance', 0.3, true, 'Wasserstein effect (normed)'),
      aColumn('hour', 0.01, false),
    ];
    const notice = noticeOf(aReport({ harm: noHarm, drift: drifted(...columns), segments: {} }), LINKS);
    expect(notice).toEqual({
      subject: 'tripcast prod: green 2023-04 drifted',
      message: `The green rides of 2023-04 differ from those of 2023-03.

Error: 5.74 min on average over 62,979 rides; the limit is 3.97 (2023-03: 3.61, and 10% more is tolerated).
Drift since 2023-03: PULocationID (Jensen-Shannon effect 0.215, limit 0.1), trip_distance (Wasserstein effect (normed) 0.300, limit 0.1).
Intervals: 81.0% of the rides are inside the 90% interval, more than 2 points off. Recalibrate: npx tripcast models recalibrate --months 2023-04 --promote --env prod

Report: s3://tripcast-data/reports/report.html
See more: npx tripcast why month-drifted --month 2023-04 --env prod`,
    });
  });

  test('names five columns and counts the rest', () => {
    const columns = Array.from({ length: 8 }, (_, i) => aColumn(`c${i}`, 0.5, true));
    expect(noticeOf(aReport({ drift: drifted(...columns) }), LINKS)?.message).toMatch(/c4 \([^)]*\) and 3 more\.$/m);
  });

  test('says so when values are missing rather than different, and when nothing has labels', () => {
    const report = aReport({ harm: { verdict: 'not-enough-data', days: 0 }, drift: drifted(), quality: null });
    const { message } = noticeOf(report, LINKS) ?? {};
    expect(message).toContain('Error: not enough labeled rides to judge.\n');
    expect(message).toContain('Drift: too many values are missing.\n');
  });

  test("has a subject that SNS takes, whatever the environment's name", () => {
    const { subject } = noticeOf(aReport({ taxi_type: 'yellow' }), { ...LINKS, env: 'e'.repeat(20) }) ?? {
      subject: '',
    };
    expect(subject).toMatch(/^[\x20-\x7e]{10,99}$/);
  });

  test('is not sent for a month that is steady, or about which too little is known', () => {
    expect(noticeOf(aReport({ harm: noHarm }), LINKS)).toBeUndefined();
    expect(noticeOf(aReport({ harm: noHarm, drift: unjudged }), LINKS)).toBeUndefined();
  });
});

describe('the verdict on a month', () => {
  const [harm, ok, unknown] = [aReport().harm, noHarm, { verdict: 'not-enough-data', days: 2 } as const];
  const [moved, still] = [drifted(), drift];

  test.each([
    [harm, moved, 'harm'],
    [harm, unjudged, 'harm'],
    [ok, moved, 'drifted'],
    [unknown, moved, 'drifted'],
    [ok, still, 'steady'],
    [unknown, still, 'not-enough-data'],
    [ok, unjudged, 'not-enough-data'],
  ])('%#: is the worst of what is known: %s', (errors, data, verdict) => {
    expect(verdictOf({ harm: errors, drift: data })).toBe(verdict);
  });
});
