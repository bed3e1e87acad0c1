import { join } from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { executionInput, followExecution, startExecution } from '#adapters/step-functions.ts';
import { type MonthOutcome, monthOutcomesSchema } from '#batch/outcome.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import { monthReportSchema } from '#monitoring/report-schema.ts';
import { loadRun } from '#registry/load-run.ts';
import { retrainingOutcomeSchema } from '#retraining/outcome.ts';
import { dataKeys, parseS3Uri } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { aRetrainingEnvironment, outputOf, type RetrainingEnvironment } from '../support/a-retraining-environment.ts';
import { realMonth } from '../support/tlc-files.ts';

// An emulator of its own, on which dev retrains after harm: what it promotes must not become the champion of other tests.
// In April, rides take 1.3 times as long from the 8th on.

const [MARCH, APRIL] = [parseMonth('2023-03'), parseMonth('2023-04')];
const CHANGED = '2023-04-08';
const LAST_WEEK = '2023-04-24';

let there: RetrainingEnvironment;
let champion: RunId;
let april: string;

beforeAll(async () => {
  there = await aRetrainingEnvironment('after-harm', 4940);
  champion = there.champion;
  april = join(there.dir, 'april.parquet');
  await makeApril();
  await there.put(APRIL, april);
}, 300_000);

afterAll(() => there.stop());

async function makeApril(): Promise<void> {
  await using database = await DuckDB.open({ tempDirectory: there.dir });
  const ride = 'epoch_us(lpep_dropoff_datetime) - epoch_us(lpep_pickup_datetime)';
  await database.run(`COPY (SELECT * REPLACE (CASE WHEN lpep_pickup_datetime < TIMESTAMP '${CHANGED}' THEN lpep_dropoff_datetime
        ELSE lpep_pickup_datetime + to_microseconds((1.3 * (${ride}))::BIGINT) END AS lpep_dropoff_datetime)
      FROM read_parquet(${sqlText(realMonth(APRIL))})) TO ${sqlText(april)} (FORMAT parquet)`);
}

async function reportOf({ monitoring }: MonthOutcome) {
  if (monitoring === undefined || monitoring.verdict === 'failed') throw new Error('There is no report.');
  const { key = '' } = parseS3Uri(monitoring.report) ?? {};
  return monthReportSchema.parse(JSON.parse(new TextDecoder().decode((await there.data.get(key))?.body)));
}

/** Everything that was put on a metric. */
async function valuesOf(MetricName: string, more: Readonly<Record<string, string>> = { taxi_type: 'green' }) {
  const cloudWatch = new CloudWatchClient({});
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: 'tripcast',
      MetricName,
      Dimensions: Object.entries({ environment: 'dev', ...more }).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 7200,
      Statistics: ['SampleCount', 'Maximum'],
    }),
  );
  cloudWatch.destroy();
  return {
    count: Datapoints.reduce((sum, { SampleCount = 0 }) => sum + SampleCount, 0),
    most: Datapoints.map(({ Maximum }) => Maximum)[0],
  };
}

const alarmSchema = z.object({ AlarmName: z.string(), NewStateValue: z.string() });

/** `tripcast-dev-month-harmed ALARM`, if the message is from an alarm. */
function alarmIn(body: string): readonly string[] {
  if (!body.startsWith('{')) return [];
  const { data: alarm } = alarmSchema.safeParse(JSON.parse(body));
  return alarm === undefined ? [] : [`${alarm.AlarmName} ${alarm.NewStateValue}`];
}

describe('a month whose rides take 1.3 times as long from a day on', () => {
  let outcome: MonthOutcome;
  beforeAll(async () => {
    const found = await there.monthly({ month: APRIL });
    if (found === undefined) throw new Error('The month was not scored.');
    outcome = found;
  });

  test('is scored, and its report says since when it harms', async () => {
    expect(outcome).toMatchObject({
      status: 'scored',
      rows_scored: expect.any(Number),
      monitoring: { verdict: 'harm' },
    });
    const { harm, reference, run_id } = await reportOf(outcome);
    expect([run_id, reference]).toEqual([champion, { month: MARCH, in_training: true }]);
    expect(harm).toMatchObject({ verdict: 'harm' });
    const since = harm.verdict === 'harm' ? harm.since : null;
    expect(since !== null && since >= CHANGED && since < '2023-05-01').toBe(true);
  });

  test("puts the report's figures on metrics, once", async () => {
    const { quality, harm } = await reportOf(outcome);
    expect(await valuesOf('MonthHarmed')).toEqual({ count: 1, most: 1 });
    const mae = await valuesOf('MonthMae');
    expect(mae).toEqual({ count: 1, most: expect.closeTo(quality?.absolute_error.mean ?? 0, 9) });
    expect(mae.most).toBeGreaterThan(harm.verdict === 'not-enough-data' ? 0 : harm.limit);
    expect((await valuesOf('MonthCoverage90')).most).toBeCloseTo(quality?.coverage_90 ?? 0, 9);
    expect((await valuesOf('MonitoringFailed', {})).count).toBe(0);
  });

  test('raises the alarm, and people are told what, how much, since when, where, and how to see more', async () => {
    const { harm, quality } = await reportOf(outcome);
    const bodies = await there.subscriber.rest();
    const notice = bodies.find((body) => body.startsWith('Predictions for green taxis got worse in 2023-04.\n'));
    expect(notice).toContain(`Error: ${quality?.absolute_error.mean.toFixed(2)} min on average`);
    expect(notice).toContain(`Since: ${harm.verdict === 'harm' ? harm.since : ''}, `);
    expect(notice).toMatch(/\nWorst boroughs: \w+ [\d.]+ min .*\nWorst pickup hours: \d\d:00 /);
    expect(notice).toMatch(
      /\nReport: s3:\/\/.*\/report\.html\nSee more: npx tripcast why month-harmed --month 2023-04 /,
    );
    expect(bodies.flatMap(alarmIn)).toContain('tripcast-dev-month-harmed ALARM');
    const cloudWatch = new CloudWatchClient({});
    const { MetricAlarms = [] } = await cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNames: ['tripcast-dev-month-harmed', 'tripcast-dev-monitoring-failed'] }),
    );
    cloudWatch.destroy();
    expect(Object.fromEntries(MetricAlarms.map(({ AlarmName, StateValue }) => [AlarmName, StateValue]))).toEqual({
      'tripcast-dev-month-harmed': 'ALARM',
      'tripcast-dev-monitoring-failed': 'INSUFFICIENT_DATA',
    });
  });

  test('starts a retraining, whose run is promoted and better on days that neither model was trained on', async () => {
    const [arn = '', ...more] = await there.retrainings();
    expect(more).toEqual([]);
    expect(await executionInput(arn)).toEqual({ taxi_type: 'green', month: APRIL, reason: 'harm in 2023-04' });
    const retrained = retrainingOutcomeSchema.parse(outputOf(await followExecution(arn, () => {})));
    expect(retrained).toMatchObject({ status: 'promoted', candidates: [{ months: [APRIL], status: 'passed' }] });
    const now = (await there.registry.champion('green'))?.pointer;
    const run = now?.run_id ?? champion;
    expect(now).toMatchObject({ sequence: 2, promoted_by: 'retraining (harm in 2023-04)' });
    expect(retrained.candidates[0]?.run_id).toBe(run);
    expect(await there.registry.verdict(run)).toMatchObject({ champion: { run_id: champion, refitted: false } });
    const [before, after] = [await errorOf(champion), await errorOf(run)];
    expect(after).toBeLessThan(before - 0.5);
    expect((await there.registry.card(run))?.validation.rmse).toBeCloseTo(after, 4);
    expect(retrained.candidates[0]?.rmse_difference).toBeCloseTo(after - before, 4);
  });

  test('is announced to nobody once the champion was trained on it, though it has a report', async () => {
    await there.subscriber.rest();
    const again = await there.monthly({ month: APRIL });
    expect(again).toMatchObject({
      status: 'scored',
      evaluation: 'in-training',
      monitoring: { report: expect.any(String) },
    });
    expect((await there.subscriber.rest()).filter((body) => !body.startsWith('{'))).toEqual([]);
    expect((await valuesOf('MonthHarmed')).count).toBe(1);
    expect(await there.retrainings()).toHaveLength(1);
  });

  test('is reported by a backfill, which puts no metric and tells nobody', async () => {
    const arn = await startExecution(there.output('BackfillArn'), {
      from: APRIL,
      to: APRIL,
      run_id: champion,
      force: true,
    });
    const { months } = monthOutcomesSchema.parse(outputOf(await followExecution(arn, () => {})));
    expect(months).toMatchObject([{ status: 'scored', evaluation: 'after-training', monitoring: { verdict: 'harm' } }]);
    expect(await there.subscriber.rest()).toEqual([]);
    expect((await valuesOf('MonthHarmed')).count).toBe(1);
    expect(await there.retrainings()).toHaveLength(1);
  });

  test('keeps its report as long as it is unchanged', async () => {
    const again = async () => {
      const arn = await startExecution(there.output('BackfillArn'), { from: APRIL, to: APRIL, run_id: champion });
      const [month] = monthOutcomesSchema.parse(outputOf(await followExecution(arn, () => {}))).months;
      if (month === undefined) throw new Error('The month was not scored.');
      return { status: month.status, madeAt: (await reportOf(month)).created_at };
    };
    const first = await again();
    expect(first.status).toBe('unchanged');
    expect(await again()).toEqual(first);
  });
});

test('a month that cannot be monitored is scored all the same, and its failure is counted', async () => {
  await there.data.put(dataKeys.raw('green', MARCH), '<html>403 Forbidden</html>');
  const outcome = await there.monthly({ month: APRIL, run_id: champion, force: true });
  expect(outcome).toMatchObject({
    status: 'scored',
    monitoring: { verdict: 'failed', note: expect.stringContaining('2023-03 cannot be the reference') },
  });
  expect(await valuesOf('MonitoringFailed', {})).toEqual({ count: 1, most: 1 });
  expect((await there.subscriber.rest()).flatMap(alarmIn)).toEqual(['tripcast-dev-monitoring-failed ALARM']);
});

/** The RMSE of a run on the rides of April's last week. */
async function errorOf(run: RunId): Promise<number> {
  const { scorer } = await loadRun(there.registry, run, loadScorer);
  await using database = await DuckDB.open({ tempDirectory: there.dir });
  const rides =
    await database.rows(`SELECT PULocationID::INTEGER AS pu, DOLocationID::INTEGER AS "do", trip_distance AS miles,
      epoch(lpep_pickup_datetime)::DOUBLE AS pickup, epoch(lpep_dropoff_datetime - lpep_pickup_datetime) / 60 AS minutes
    FROM read_parquet(${sqlText(april)}) WHERE lpep_pickup_datetime >= TIMESTAMP '${LAST_WEEK}' AND minutes BETWEEN 1 AND 60`);
  const batch = new RideBatch(rides.length);
  for (const { pu, do: to, miles, pickup } of rides) {
    batch.push(Number(pu), Number(to), Number(miles), Number(pickup));
  }
  const { predicted_duration } = await scorer.score(batch);
  await scorer.close();
  const squares = rides.map(({ minutes }, i) => (Number(minutes) - (predicted_duration[i] ?? Number.NaN)) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / rides.length);
}
