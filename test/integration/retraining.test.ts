import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { executionInput, followExecution, seenMachine, startExecution } from '#adapters/step-functions.ts';
import { type MonthOutcome, monthOutcomesSchema } from '#batch/outcome.ts';
import { readReceipt } from '#batch/receipts.ts';
import { type RetrainingOutcome, retrainingOutcomeSchema } from '#retraining/outcome.ts';
import { pipelineOf } from '#serving/pipelines.ts';
import { dataKeys, parseS3Uri } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { aRetrainingEnvironment, outputOf, type RetrainingEnvironment } from '../support/a-retraining-environment.ts';
import { realMonth } from '../support/tlc-files.ts';

// dev with a policy (`every-month` in retraining-dev.ts), on an emulator of its own, for three months made of the rides of
// 2023-04. In all of them, rides take 1.3 times as long as in those that the first champion was trained on.

const [APRIL, MAY, JUNE, JULY] = [
  parseMonth('2023-04'),
  parseMonth('2023-05'),
  parseMonth('2023-06'),
  parseMonth('2023-07'),
];
const BACKFILLED = { from: parseMonth('2023-01'), to: parseMonth('2023-02') };
/** A number from 0 to 1 for each ride, the same in every run. */
const lot = (of: string) =>
  `(hash('${of}', PULocationID, lpep_pickup_datetime, DOLocationID, trip_distance) % 10000 / 10000.0)`;
const SECONDS = 'epoch(lpep_dropoff_datetime - lpep_pickup_datetime)';
const TIME_OF_DAY = "(lpep_pickup_datetime - date_trunc('day', lpep_pickup_datetime))";

const MONTHS = [
  { month: APRIL, pickup: 'lpep_pickup_datetime', seconds: `1.3 * ${SECONDS}`, kept: 'true' },
  // Until the last week, clocks are broken: any ride takes from 1 to 60 minutes, whatever its way.
  {
    month: MAY,
    pickup: 'lpep_pickup_datetime + to_days(30)',
    seconds: `CASE WHEN day(lpep_pickup_datetime) < 24 THEN 61 + 3500 * ${lot('broken')} ELSE 1.3 * ${SECONDS} END`,
    kept: 'true',
  },
  // Rides are as long as in April on average, but less regular; on any day the same, but fewer until the last week.
  {
    month: JUNE,
    pickup: `TIMESTAMP '2023-06-01' + to_days(floor(30 * ${lot('day')})::INTEGER) + ${TIME_OF_DAY}`,
    seconds: `1.3 * ${SECONDS} * (0.5 + ${lot('irregular')})`,
    kept: `(30 * ${lot('day')} >= 23 OR ${lot('kept')} < 0.5)`,
  },
] as const;

let there: RetrainingEnvironment;
/** The champions, in the order of their promotions. */
const champions: RunId[] = [];
const scored: MonthOutcome[] = [];

beforeAll(async () => {
  there = await aRetrainingEnvironment('every-month', 4960);
  champions.push(there.champion);
  await makeMonths();
}, 300_000);

afterAll(() => there.stop());

async function makeMonths(): Promise<void> {
  await using database = await DuckDB.open({ tempDirectory: there.dir });
  for (const { month, pickup, seconds, kept } of MONTHS) {
    const path = join(there.dir, `${month}.parquet`);
    await database.run(`COPY (SELECT * REPLACE (${pickup} AS lpep_pickup_datetime,
        ${pickup} + to_microseconds((1e6 * (${seconds}))::BIGINT) AS lpep_dropoff_datetime)
      FROM read_parquet(${sqlText(realMonth(APRIL))}) WHERE ${kept}) TO ${sqlText(path)} (FORMAT parquet)`);
    await there.put(month, path);
  }
}

/** The month is scored, and what its retraining came to. */
async function lived(month: string): Promise<RetrainingOutcome> {
  const before = await there.retrainings();
  const outcome = await there.monthly({ month });
  if (outcome === undefined) throw new Error(`${month} was not scored`);
  scored.push(outcome);
  return followed(await started(before));
}

/** The retraining that was started since. */
async function started(before: readonly string[]): Promise<string> {
  for (let tries = 0; tries < 50; tries += 1) {
    const found = (await there.retrainings()).find((each) => !before.includes(each));
    if (found !== undefined) return found;
    await setTimeout(200);
  }
  throw new Error('No retraining was started.');
}

const followed = async (arn: string): Promise<RetrainingOutcome> =>
  retrainingOutcomeSchema.parse(outputOf(await followExecution(arn, () => {})));

const history = async () => (await there.registry.history('green')).map(({ run_id }) => run_id);
const statuses = ({ candidates }: RetrainingOutcome) => candidates.map(({ name, status }) => [name, status]);
/** Notices of retrainings that have arrived since. */
const notices = async () => (await there.subscriber.rest()).filter((body) => body.includes('Why it started: '));

describe('three months with the policy on', () => {
  test('in the first, rides take longer: the champion is retrained on them and promoted, once, though two tried', async () => {
    const backfill = await startExecution(there.output('BackfillArn'), BACKFILLED);
    const before = await there.retrainings();
    const outcome = await there.monthly({ month: APRIL });
    if (outcome !== undefined) scored.push(outcome);
    const scheduled = await started(before);
    const asked = await startExecution(there.output('RetrainingArn'), {
      month: APRIL,
      reason: 'asked for by a person',
    });
    expect(await executionInput(scheduled)).toEqual({
      taxi_type: 'green',
      month: APRIL,
      reason: '2023-04 was scored',
    });
    const both = await Promise.all([scheduled, asked].map(followed));
    expect(both.map(({ status }) => status).sort()).toEqual(['lost-race', 'promoted']);
    const winner = both.find(({ status }) => status === 'promoted');
    expect(winner).toMatchObject({ best: 'window of 1 month', left_out: [] });
    const run = winner?.candidates[0]?.run_id ?? null;
    expect(winner?.candidates[0]?.rmse_difference).toBeLessThan(-0.5);
    expect(await history()).toEqual([...champions, run]);
    if (run !== null) champions.push(run);
    const { months } = monthOutcomesSchema.parse(outputOf(await followExecution(backfill, () => {})));
    expect(await runsOf(months)).toEqual([champions[0], champions[0]]);

    const told = await notices();
    expect(told).toHaveLength(2);
    expect(told.join('\n')).toContain(
      `The new champion for green taxis is the window of 1 month (2023-04, run ${run})`,
    );
    expect(told.join('\n')).toMatch(/was not promoted|so none was promoted/);
  });

  test('in the second, rides are nonsense until its last week: all candidates are refused, and the champion stays', async () => {
    const outcome = await lived(MAY);
    expect(outcome).toMatchObject({ status: 'refused', best: null, champion: null });
    const { definition, last } = await seenMachine(there.output('RetrainingArn'));
    expect(pipelineOf('retraining', definition, last).last).toMatchObject({
      status: 'succeeded',
      states: { Plan: 'succeeded', EachCandidate: 'succeeded', Choose: 'succeeded', Conclude: 'succeeded' },
    });
    expect(last?.events.map(({ state }) => state)).not.toContain('Promote');
    expect(statuses(outcome)).toEqual([
      ['window of 1 month', 'refused'],
      ['recalibration', 'refused'],
    ]);
    expect(await history()).toEqual(champions);
    const [told = '', ...more] = await notices();
    expect(more).toEqual([]);
    expect(told).toContain('No candidate for green taxis passed the gate, so the champion stays.');
    expect(told).toMatch(/window of 1 month .*: refused: .*at most 0\.05 more is allowed/);
    // Registered all the same, for people to look at.
    for (const { run_id } of outcome.candidates) {
      expect(run_id !== null && (await there.registry.verdict(run_id))?.outcome).toBe('refused');
    }
  });

  test('in the third, rides are less regular: the champion keeps its predictions and gets new intervals', async () => {
    const outcome = await lived(JUNE);
    expect(outcome).toMatchObject({ status: 'promoted', best: 'recalibration' });
    const found = outcome.candidates.find(({ name }) => name === 'recalibration');
    const run = found?.run_id ?? there.champion;
    expect(found?.rmse_difference).toBe(0);
    expect(await history()).toEqual([...champions, run]);
    const card = await there.registry.card(run);
    expect(card?.recalibrates).toMatchObject({ run_id: champions[1], months: [{ month: JUNE }] });
    expect(card?.train.months.map(({ month }) => month)).toEqual([APRIL]);
    champions.push(run);
    const [told = '', ...more] = await notices();
    expect(more).toEqual([]);
    expect(told).toContain(`The new champion for green taxis is the recalibration (2023-06, run ${run})`);
  });

  test('each month was scored by the champion of its time, as the receipts say', async () => {
    expect(await runsOf(scored)).toEqual([champions[0], champions[1], champions[1]]);
  });

  test('the new intervals hold what they promise on the rides of the third month, and the old ones did not', async () => {
    const arn = await startExecution(there.output('BackfillArn'), { from: JUNE, to: JUNE });
    const [again] = monthOutcomesSchema.parse(outputOf(await followExecution(arn, () => {}))).months;
    expect(again?.rmse).toBeCloseTo(scored[2]?.rmse ?? 0, 9);
    const [before, after] = [await coverageOf(scored[2]), await coverageOf(again)];
    expect(before).toBeLessThan(0.88);
    expect(Math.abs(after - 0.9)).toBeLessThan(0.02);
  });

  test('a retraining up to a month that is not there trains nothing, and says so', async () => {
    const input = { month: JULY, windows: [1, 9], reason: 'asked for by a person' };
    const outcome = await followed(await startExecution(there.output('RetrainingArn'), input));
    expect(outcome).toMatchObject({ status: 'no-candidates', candidates: [] });
    const [told = ''] = await notices();
    expect(told).toContain('- window of 1 month: 2023-07 is not in the data bucket');
    expect(told).toContain('- window of 9 months: 2022-11, 2022-12, 2023-07 are not in the data bucket');
    expect(await history()).toEqual(champions);
  });

  test('a retraining on a file that cannot be read fails, names each candidate, and changes nothing', async () => {
    await there.data.put(dataKeys.raw('green', JULY), '<html>403 Forbidden</html>');
    const input = { month: JULY, reason: 'asked for by a person' };
    const arn = await startExecution(there.output('RetrainingArn'), input);
    expect(await followExecution(arn, () => {})).toMatchObject({
      outcome: 'failed',
      error: 'CandidatesFailed',
      cause: expect.stringMatching(/^2 of 2 candidates failed: window of 1 month \(.*\); recalibration \(.*\)$/s),
    });
    const [told = ''] = await notices();
    expect(told).toContain('Every candidate for green taxis failed, so the champion stays.');
    expect(told).toMatch(/- window of 1 month \(2023-07\): failed: .*2023-07/);
    expect(await history()).toEqual(champions);
  });
});

/** The runs that scored the months. */
const runsOf = (months: readonly MonthOutcome[]) =>
  Promise.all(
    months.map(async ({ receipt }) => {
      const { key = '' } = parseS3Uri(receipt ?? '') ?? {};
      return (await readReceipt(there.data, key))?.receipt.run_id;
    }),
  );

/** The share of the scored rides inside their 90% interval. */
async function coverageOf(month: MonthOutcome | undefined): Promise<number> {
  const { key = '' } = parseS3Uri(month?.output ?? '') ?? {};
  const path = join(there.dir, 'predictions.parquet');
  await there.data.download(key, path);
  await using database = await DuckDB.open({ tempDirectory: there.dir });
  const [row = {}] = await database.rows(
    `SELECT avg((actual_duration BETWEEN interval_low AND interval_high)::INTEGER) AS share FROM read_parquet(${sqlText(path)})`,
  );
  return Number(row.share);
}
