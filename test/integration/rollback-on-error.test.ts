import { mkdirSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { invokeFunction } from '#adapters/lambda.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { S3Store } from '#adapters/s3.ts';
import { followExecution, startExecution } from '#adapters/step-functions.ts';
import { type MonthOutcome, monthOutcomesSchema } from '#batch/outcome.ts';
import { putLabelFile } from '#cli/commands/labels/put.ts';
import { replayRuns } from '#cli/commands/models/replay.ts';
import { readShadow } from '#cli/commands/models/shadow.ts';
import { replayMonth } from '#cli/commands/stream/replay.ts';
import type { Deployment } from '#cli/context.ts';
import { systemClock } from '#clock.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName } from '#lib/config/names.ts';
import { deployStack } from '#local/deploy.ts';
import { type Emulator, signalGroup, startEmulator } from '#local/emulator.ts';
import { devEnvironmentVariables, useVariables } from '#local/environment.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import { loadRun } from '#registry/load-run.ts';
import { promoteRun } from '#registry/promotion.ts';
import { Registry } from '#registry/registry.ts';
import { startShadow, stopShadow } from '#registry/start-shadow.ts';
import { LOCAL } from '#setup/paths.mjs';
import { dataKeys } from '#storage/layout.ts';
import { newRunId, type RunId } from '#storage/run-id.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import type { PredictionRecord } from '#streaming/prediction-record.ts';
import { trainRun } from '#training/train-run.ts';
import { newYorkDay } from '#trips/day.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { aSubscriber, type Subscriber } from '../support/a-subscriber.ts';
import { readPredictions } from '../support/read-predictions.ts';
import { silentTerminal } from '../support/silent-terminal.ts';
import { realMonth } from '../support/tlc-files.ts';

// An emulator of its own, on which dev has rollback on. The better run learned from March, the worse one from a March whose
// rides take 1.3 times as long. The worse one is first in the better one's shadow, then champion by force.

const [MARCH, APRIL] = [parseMonth('2023-03'), parseMonth('2023-04')];
const RIDES = 600;
const LABELLED = 400;
const dir = join(LOCAL, 'rollback');
const terminal = silentTerminal();
let emulator: Emulator;
let to: Deployment;
let better: RunId;
let worse: RunId;
let subscriber: Subscriber;
const killed = () => signalGroup(emulator.process.pid, 'SIGKILL');

beforeAll(async () => {
  mkdirSync(dir, { recursive: true });
  emulator = await startEmulator({ port: 4960, auth: true, dir, env: { SFN_WAIT_SCALE: '0' } });
  process.once('exit', killed);
  const outputs = await deployStack({
    endpointUrl: emulator.endpointUrl,
    dir,
    app: 'node test/support/rollback-dev.ts',
  });
  useVariables(devEnvironmentVariables(emulator.endpointUrl));
  const config = loadConfig('dev');
  const output: Deployment['output'] = (name) => outputs[name] ?? '';
  const models = new S3Store(output('ModelBucketName'));
  to = {
    config,
    output,
    apiUrl: undefined,
    models,
    data: new S3Store(output('DataBucketName')),
    registry: new Registry(models, config.model),
  };
  for (const month of [MARCH, APRIL]) await to.data.put(dataKeys.raw('green', month), await readFile(realMonth(month)));
  better = await trained(realMonth(MARCH));
  worse = await trained(await longerMarch());
  await to.registry.promote(better, 'test', new Date());
  subscriber = await aSubscriber('reader-of-rollbacks');
}, 300_000);

afterAll(async () => {
  await emulator.stop();
  process.off('exit', killed);
  rmSync(dir, { recursive: true, force: true });
});

async function longerMarch(): Promise<string> {
  const path = join(dir, 'longer.parquet');
  await using database = await DuckDB.open({ tempDirectory: dir });
  const ride = 'epoch_us(lpep_dropoff_datetime) - epoch_us(lpep_pickup_datetime)';
  await database.run(`COPY (SELECT * REPLACE (lpep_pickup_datetime + to_microseconds((1.3 * (${ride}))::BIGINT) AS lpep_dropoff_datetime)
      FROM read_parquet(${sqlText(realMonth(MARCH))})) TO ${sqlText(path)} (FORMAT parquet)`);
  return path;
}

/** A registered linear-pair of this March, validated on its last week. */
async function trained(march: string): Promise<RunId> {
  await using database = await DuckDB.open({ tempDirectory: dir });
  const plan = {
    recipe: 'linear-pair',
    taxi_type: 'green',
    months: [MARCH],
    validation: { kind: 'last', month: MARCH, days: 7 },
    promote: true,
    promoted_by: 'test',
  } as const;
  const run = await trainRun(
    newRunId(),
    { ...plan, months: [MARCH] },
    {
      database,
      boosting: () => Promise.reject(new Error('linear-pair boosts nothing')),
      loadScorer,
      fetch: async () => [{ month: MARCH, path: march, sha256: await sha256OfFile(march) }],
      codeVersion: 'test',
      clock: systemClock,
    },
  );
  await to.registry.register(run);
  return run.card.run_id;
}

/** April's rides that cleaning keeps, with what a run predicts for each. */
async function predictedBy(run: RunId) {
  const { scorer } = await loadRun(to.registry, run, loadScorer);
  await using database = await DuckDB.open({ tempDirectory: dir });
  const rides =
    await database.rows(`SELECT file_row_number::INTEGER AS row, PULocationID::INTEGER AS pu, DOLocationID::INTEGER AS "do",
      trip_distance AS miles, epoch(lpep_pickup_datetime)::DOUBLE AS pickup,
      epoch(lpep_dropoff_datetime - lpep_pickup_datetime) / 60 AS minutes
    FROM read_parquet(${sqlText(realMonth(APRIL))}, file_row_number = true) WHERE minutes BETWEEN 1 AND 60 ORDER BY row`);
  const batch = new RideBatch(rides.length);
  for (const { pu, do: dropoff, miles, pickup } of rides)
    batch.push(Number(pu), Number(dropoff), Number(miles), Number(pickup));
  const { predicted_duration } = await scorer.score(batch);
  await scorer.close();
  return rides.map(({ row, minutes }, i) => ({
    id: `2023/04_${row}`,
    minutes: Number(minutes),
    predicted: predicted_duration[i] ?? Number.NaN,
  }));
}

const rmseOf = (rides: readonly { readonly minutes: number; readonly predicted: number }[]) =>
  Math.sqrt(rides.reduce((sum, { minutes, predicted }) => sum + (minutes - predicted) ** 2, 0) / rides.length);

describe('a run in the shadow of the champion', () => {
  let predictions: readonly PredictionRecord[];

  test('is never published, and its differences are counted ride by ride', { timeout: 180_000 }, async () => {
    const at = new Date();
    const how = { taxiType: 'green', by: 'test', at } as const;
    const shadow = await startShadow(to.registry, worse, { ...how, hours: 1, loadScorer });
    await expect(startShadow(to.registry, worse, { ...how, hours: 1, loadScorer })).rejects.toThrow(
      /already the shadow/,
    );
    expect(await replayMonth(to, { taxiType: 'green', month: APRIL, limit: RIDES }, terminal)).toBe(RIDES);
    predictions = await readPredictions(to, RIDES, () => true);
    expect(predictions).toHaveLength(RIDES);
    expect(new Set(predictions.map(({ version }) => version))).toEqual(new Set([better]));

    const [champions, shadows] = [await predictedBy(better), await predictedBy(worse)];
    const differences = champions
      .slice(0, RIDES)
      .map(({ predicted }, i) => (shadows[i]?.predicted ?? Number.NaN) - predicted);
    const mean = (of: (difference: number) => number) => differences.reduce((sum, each) => sum + of(each), 0) / RIDES;
    let found = await readShadow(to, shadow);
    for (let i = 0; i < 60 && found.rides < RIDES; i += 1) {
      await systemClock.sleep(500);
      found = await readShadow(to, shadow);
    }
    expect(found).toMatchObject({
      rides: RIDES,
      failed: 0,
      problems: [],
      mean_difference: expect.closeTo(
        mean((each) => each),
        4,
      ),
      mean_absolute: expect.closeTo(mean(Math.abs), 4),
      over_a_minute: mean((each) => Number(Math.abs(each) > 1)),
      largest: expect.closeTo(Math.max(...differences.map(Math.abs)), 4),
    });
    const boroughs = found.groups.filter(({ grouping }) => grouping === 'pickup_borough');
    expect(boroughs.reduce((sum, { rides }) => sum + rides, 0)).toBe(RIDES);
    expect((await stopShadow(to.registry, { taxiType: 'green', by: 'test', at: new Date() }))?.run_id).toBe(worse);
  });

  test('can score the day again from the archive and the stream: differences now, errors as labels come', {
    timeout: 120_000,
  }, async () => {
    const deadline = Date.now() + 60_000;
    const archived = async () => (await Array.fromAsync(to.data.list('stream/'))).length;
    while ((await archived()) < RIDES && Date.now() < deadline) await systemClock.sleep(300);
    const day = newYorkDay(Date.parse(predictions[0]?.predicted_at ?? ''));
    const replay = () => replayRuns(to, { run: worse, against: 'champion', day, taxiType: 'green' }, terminal);

    const before = await replay();
    expect(before).toMatchObject({ rides: RIDES, labelled: 0, without_event: 0, comparison: null, passed: false });
    expect(before.reasons).toEqual(['None of the rides has a label yet: the errors are not known']);
    const [champions, shadows] = [await predictedBy(better), await predictedBy(worse)];
    const some = (rides: typeof champions) => rides.slice(0, RIDES);
    const difference = some(shadows).reduce(
      (sum, { predicted }, i) => sum + predicted - (champions[i]?.predicted ?? Number.NaN),
      0,
    );
    expect(before.differences.mean_difference).toBeCloseTo(difference / RIDES, 4);

    const labels = join(dir, 'labels.jsonl');
    const lines = champions
      .slice(0, LABELLED)
      .map(({ id, minutes }) => JSON.stringify({ ride_id: id, actual_duration: minutes }));
    await writeFile(labels, `${lines.join('\n')}\n`);
    await putLabelFile(to, { file: labels }, terminal);
    const after = await replay();
    expect(after).toMatchObject({ rides: RIDES, labelled: LABELLED, passed: false });
    expect(after.comparison?.a.rmse).toBeCloseTo(rmseOf(shadows.slice(0, LABELLED)), 4);
    expect(after.comparison?.b.rmse).toBeCloseTo(rmseOf(champions.slice(0, LABELLED)), 4);
    expect(after.reasons[0]).toMatch(new RegExp(`^RMSE [\\d.]+ min on ${LABELLED} rides; run ${better}: [\\d.]+ min`));
  });
});

describe('a worse champion that was forced in', () => {
  const champion = async () => (await to.registry.champion('green'))?.pointer;

  async function ended(arn: string): Promise<MonthOutcome> {
    const end = await followExecution(arn, () => {});
    if (end.outcome !== 'succeeded') throw new Error(`The execution failed: ${JSON.stringify(end)}`);
    const month = monthOutcomesSchema.parse(end.output).months.at(-1);
    if (month === undefined) throw new Error('No month was scored.');
    return month;
  }

  async function rolledBackCount(): Promise<number> {
    const cloudWatch = new CloudWatchClient({});
    const { Datapoints = [] } = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace: 'tripcast',
        MetricName: 'ChampionRolledBack',
        Dimensions: Object.entries({ environment: 'dev', taxi_type: 'green' }).map(([Name, Value]) => ({
          Name,
          Value,
        })),
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 60_000),
        Period: 7200,
        Statistics: ['SampleCount'],
      }),
    );
    cloudWatch.destroy();
    return Datapoints.reduce((sum, { SampleCount = 0 }) => sum + SampleCount, 0);
  }

  let scored: MonthOutcome;

  test('fails the replay on the month that the one before passes', { timeout: 120_000 }, async () => {
    const replay = (run: RunId, against: RunId) =>
      replayRuns(to, { run, against, month: APRIL, taxiType: 'green' }, terminal);
    const failed = await replay(worse, better);
    expect(failed.passed).toBe(false);
    expect(failed.comparison?.a.rmse).toBeCloseTo(rmseOf(await predictedBy(worse)), 4);
    expect(failed.comparison?.b.rmse).toBeCloseTo(rmseOf(await predictedBy(better)), 4);
    expect(await replay(better, worse)).toMatchObject({ passed: true, reasons: [], labelled: 62_979 });
  });

  test('stays when a backfill scores the month, which announces nothing', { timeout: 120_000 }, async () => {
    const promotion = await promoteRun(to.registry, worse, { loadScorer, by: 'test', at: new Date(), force: true });
    expect(promotion.outcome).toBe('moved');
    scored = await ended(await startExecution(to.output('BackfillArn'), { from: APRIL, to: APRIL }));
    expect(scored).toMatchObject({ status: 'scored', monitoring: { report: expect.any(String) } });
    expect((await champion())?.run_id).toBe(worse);
    expect(await rolledBackCount()).toBe(0);
  });

  test('is rolled back when the month comes, and the notice has the figures', { timeout: 120_000 }, async () => {
    await subscriber.rest();
    await ended(await startExecution(to.output('MonthlyBatchArn'), { month: APRIL }));
    expect(await champion()).toMatchObject({
      sequence: 3,
      run_id: better,
      rolled_back_run_id: worse,
      promoted_by: 'monitoring (error in 2023-04)',
    });
    expect(await rolledBackCount()).toBe(1);
    const notice = (await subscriber.rest()).find((body) =>
      body.startsWith('The champion for green taxis was rolled back'),
    );
    const rides = await predictedBy(worse);
    expect(notice).toContain(`Until now: ${worse}, RMSE ${rmseOf(rides).toFixed(2)} min over 62,979 rides on 31 days.`);
    expect(notice).toContain(
      `Champion again: ${better}, RMSE ${rmseOf(await predictedBy(better)).toFixed(2)} min on the same rides.`,
    );
    expect(notice).toMatch(/\nDifference: [\d.]+ min, 95% interval [\d.]+ to [\d.]+; at most 0\.1 is tolerated\.\n/);
  });

  test('is rolled back once: monitoring the same outcome again moves nothing and says the same', {
    timeout: 120_000,
  }, async () => {
    const before = await champion();
    const answer = await invokeFunction(functionName('dev', 'monitor'), {
      ...scored,
      status: 'unchanged',
      monitoring: undefined,
    });
    expect(JSON.stringify(answer)).toContain('green champion rolled back');
    expect(await champion()).toEqual(before);
  });

  test('leaves the month alone that the one before scores now', { timeout: 120_000 }, async () => {
    const again = await ended(await startExecution(to.output('MonthlyBatchArn'), { month: APRIL }));
    expect(again.status).toBe('scored');
    expect((await champion())?.sequence).toBe(3);
  });
});
