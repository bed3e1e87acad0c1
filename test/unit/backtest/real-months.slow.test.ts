import { beforeAll, describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { workFolder } from '#adapters/work-folder.ts';
import type { Backtest, BacktestFigures, PolicyResult } from '#backtest/result.ts';
import { systemClock } from '#clock.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import { loadRun } from '#registry/load-run.ts';
import { filesOf, Registry } from '#registry/registry.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import { newRunId } from '#storage/run-id.ts';
import { gateRun } from '#training/gate-run.ts';
import { promoteTrained } from '#training/promote.ts';
import { registerStaged } from '#training/register.ts';
import { trainRun } from '#training/train-run.ts';
import { planTraining, type TrainingOutcome, trainingRequestSchema } from '#training/training-job.ts';
import { addMonths, type Month, parseMonths } from '#trips/month.ts';
import { NAMES } from '../../support/a-card.ts';
import { Backtester } from '../../support/a-walk.ts';
import { LIMITS } from '../../support/gate-limits.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { readRows, realMonth } from '../../support/tlc-files.ts';
import { aRealSource, boosting } from '../../support/training.ts';

// A walk through three real months, next to the same months lived one by one in a registry: the training machine's own
// states train, judge, register and promote, and the champion scores the raw file, with cleaning and figures written out
// once more. The gate is strict enough to refuse one of the two challengers.

const MONTHS = parseMonths('2023-02..2023-04');
const STRICT = { ...LIMITS, rmseToleranceMinutes: -0.09525 };

let sources: readonly RawMonth[];
let result: Backtest;
let lived: readonly Lived[];

interface Lived {
  readonly month: Month;
  readonly decision: string;
  readonly reasons: readonly string[];
  readonly metered: BacktestFigures;
  readonly no_distance: BacktestFigures;
  readonly rides: number;
}

beforeAll(async () => {
  sources = await Promise.all(parseMonths('2023-01..2023-04').map(aRealSource));
  const walk = { from: '2023-02', to: '2023-04', policies: 'fixed:1 rolling:1' };
  result = await new Backtester(sources).run(walk, { limits: STRICT });
  lived = await live();
});

/** What production would do: each month a training on the month before, and the champion scores. */
async function live(): Promise<readonly Lived[]> {
  const registry = new Registry(new MemoryStore('models'), NAMES);
  const months: Lived[] = [];
  for (const month of MONTHS) {
    const isFirst = months.length === 0;
    const { status, gate, run_id } = await trainAndPromote(registry, addMonths(month, -1));
    if (isFirst) await registry.promote(run_id, 'a person', new Date());
    const champion = await registry.champion('green');
    if (champion === undefined) throw new Error('There is no champion.');
    const { scorer } = await loadRun(registry, champion.pointer.run_id, loadScorer);
    const rides = await ridesOf(month);
    months.push({
      month,
      decision: isFirst ? 'first' : status,
      reasons: gate.reasons,
      rides: rides.length,
      metered: await figuresOf(rides, scorer.score.bind(scorer), ({ distance }) => distance ?? Number.NaN),
      no_distance: await figuresOf(rides, scorer.score.bind(scorer), () => Number.NaN),
    });
    await scorer.close();
  }
  return months;
}

async function trainAndPromote(registry: Registry, month: Month): Promise<TrainingOutcome> {
  const request = { recipe: 'linear-pair', months: [month], validate: 'last:7', promote: true };
  const plan = planTraining(trainingRequestSchema.parse(request), 'green');
  const fetch = async (months: readonly Month[]) => sources.filter((each) => months.includes(each.month));
  const run = newRunId();
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const deps = { database, boosting, loadScorer, fetch };
  await registry
    .staged(run)
    .complete(filesOf(await trainRun(run, plan, { ...deps, codeVersion: 'test', clock: systemClock })));
  const gated = await gateRun({ run_id: run, ...plan }, { ...deps, registry, limits: STRICT });
  const registered = await registerStaged(gated, { registry, loadScorer });
  if (registered.status !== 'registered') return registered;
  return await promoteTrained(registered, { registry, loadScorer, at: new Date() });
}

interface Ride {
  readonly pickup: number;
  readonly dropoff: number;
  readonly distance: number | null;
  readonly time: number;
  readonly minutes: number;
}

/** Rides of 1 to 60 minutes, from the raw file. */
async function ridesOf(month: Month): Promise<readonly Ride[]> {
  const rows = await readRows(
    realMonth(month),
    `coalesce(PULocationID, -1)::DOUBLE AS pickup, coalesce(DOLocationID, -1)::DOUBLE AS dropoff,
    trip_distance::DOUBLE AS distance, epoch(lpep_pickup_datetime)::DOUBLE AS time,
    (epoch_us(lpep_dropoff_datetime) - epoch_us(lpep_pickup_datetime))::DOUBLE / 60e6 AS minutes`,
  );
  return (rows as unknown as readonly Ride[]).filter(({ minutes }) => minutes >= 1 && minutes <= 60);
}

async function figuresOf(
  rides: readonly Ride[],
  score: (batch: RideBatch) => Promise<Readonly<Record<string, Float32Array>>>,
  distanceOf: (ride: Ride) => number,
): Promise<BacktestFigures> {
  const batch = new RideBatch(rides.length);
  for (const ride of rides) batch.push(ride.pickup, ride.dropoff, distanceOf(ride), ride.time);
  const { predicted_duration: predicted = [], ...ends } = await score(batch);
  const errors = rides.map(({ minutes }, i) => (predicted[i] ?? Number.NaN) - minutes);
  const mean = (of: (error: number) => number) => errors.reduce((sum, error) => sum + of(error), 0) / errors.length;
  const share = (low: Float32Array = new Float32Array(), high: Float32Array = new Float32Array()) =>
    rides.filter(({ minutes }, i) => minutes >= (low[i] ?? 0) && minutes <= (high[i] ?? 0)).length / rides.length;
  return {
    rmse: Math.sqrt(mean((error) => error ** 2)),
    mae: mean(Math.abs),
    bias: mean((error) => error),
    coverage_90: share(ends.interval_low, ends.interval_high),
    coverage_80: share(ends.interval80_low, ends.interval80_high),
  };
}

function policyOf(name: string): PolicyResult {
  const found = result.policies.find(({ policy }) => policy === name);
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found;
}

function expectFigures(found: BacktestFigures | undefined, expected: BacktestFigures | undefined): void {
  for (const name of ['rmse', 'mae', 'bias', 'coverage_90', 'coverage_80'] as const) {
    expect(found?.[name], name).toBeCloseTo(expected?.[name] ?? Number.NaN, 9);
  }
}

/** The sentences name runs, and each side has its own. */
const withoutRuns = (sentences: readonly string[] | undefined) =>
  sentences?.map((said) => said.replaceAll(/[0-9a-f]{32}/g, 'RUN'));

describe('the rolling policy', () => {
  test('promotes and refuses as the training machine does, in the same words', () => {
    const { months } = policyOf('rolling:1');
    expect(months.map(({ decision }) => decision)).toEqual(['first', 'promoted', 'refused']);
    expect(lived.map(({ decision }) => decision)).toEqual(['first', 'promoted', 'refused']);
    expect(withoutRuns(months[2]?.why)).toEqual(withoutRuns(lived[2]?.reasons));
  });

  test('scores each month as the champion of the moment does', () => {
    policyOf('rolling:1').months.forEach(({ month, figures }, i) => {
      expect(month).toBe(lived[i]?.month);
      expect(figures?.rides).toBe(lived[i]?.rides);
      expectFigures(figures?.metered, lived[i]?.metered);
      expectFigures(figures?.no_distance, lived[i]?.no_distance);
    });
  });
});

test('the fixed policy scores the first month with the same model, and later ones with no other', () => {
  const { months, trained } = policyOf('fixed:1');
  expectFigures(months[0]?.figures?.metered, lived[0]?.metered);
  expect(new Set(months.map(({ champion }) => champion?.run_id)).size).toBe(1);
  expect(trained).toBe(1);
  expect(months[2]?.figures?.metered.rmse).toBeGreaterThan(lived[2]?.metered.rmse ?? Number.NaN);
});

test('recalibration moves no prediction, and brings the coverage of an old champion closer to 90%', async () => {
  const walk = { from: '2023-02', to: '2023-04', policies: 'fixed:1' };
  const tester = new Backtester(sources);
  const [before, after] = [await tester.run(walk), await tester.run({ ...walk, recalibrate: true })];
  const [then, now] = [before, after].map(({ policies }) => policies[0]?.months ?? []);
  expect(now?.map(({ recalibrated_on }) => recalibrated_on)).toEqual([null, ['2023-02'], ['2023-03']]);
  expect(now?.map(({ figures }) => figures?.metered.rmse)).toEqual(then?.map(({ figures }) => figures?.metered.rmse));
  const off = (months = then) => Math.abs((months?.[2]?.figures?.metered.coverage_90 ?? Number.NaN) - 0.9);
  expect(off(now)).toBeLessThan(off(then));
});
