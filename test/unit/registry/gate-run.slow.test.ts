import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { systemClock } from '#clock.ts';
import { promoteRun } from '#registry/promotion.ts';
import { filesOf, Registry, type RunFiles } from '#registry/registry.ts';
import type { Verdict } from '#registry/verdict.ts';
import type { RawMonth } from '#storage/raw-months.ts';
import { newRunId } from '#storage/run-id.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import type { GateLimits } from '#training/gate.ts';
import { gateRegistered, gateRun } from '#training/gate-run.ts';
import { trainRun } from '#training/train-run.ts';
import type { TrainingJob, TrainingPlan } from '#training/training-job.ts';
import { type Month, parseMonth } from '#trips/month.ts';
import { ZONES } from '#trips/ride-limits.ts';
import { sqlText } from '#trips/sql.ts';
import { zoneOf } from '#trips/zones.ts';
import { NAMES } from '../../support/a-card.ts';
import { LIMITS } from '../../support/gate-limits.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth } from '../../support/tlc-files.ts';

// Thousands of real rides with an algebra that anyone can follow: linear-pair.

const boosting = async () => {
  throw new Error('linear-pair boosts nothing');
};

type Bucket = Readonly<Record<string, string>>;

const REAL: Bucket = Object.fromEntries(
  ['2023-01', '2023-02', '2023-03', '2023-04'].map((month) => [month, realMonth(month)]),
);

/** The months of a bucket that are there. */
const fetchFrom = (bucket: Bucket) => (months: readonly Month[]) =>
  Promise.all(
    months.flatMap((month) => {
      const path = bucket[month];
      return path === undefined ? [] : [sourceAt(month, path)];
    }),
  );

async function sourceAt(month: Month, path: string): Promise<RawMonth> {
  return { month, path, sha256: await sha256OfFile(path) };
}

async function inDatabase<T>(work: (database: DuckDB) => Promise<T>): Promise<T> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  return await work(database);
}

/** Validated on a month, a share, or the last days of the last month. */
type Validate = string | number | { readonly last: number };

const aPlan = (months: string, validate: Validate, promote = true): TrainingPlan => ({
  recipe: 'linear-pair',
  taxi_type: 'green',
  months: months.split(' ').map((month) => parseMonth(month)),
  validation:
    typeof validate === 'number'
      ? { kind: 'split', share: validate, seed: 42 }
      : typeof validate === 'object'
        ? { kind: 'last', month: parseMonth(months.slice(-7)), days: validate.last }
        : { kind: 'month', month: parseMonth(validate) },
  promote,
  promoted_by: 'ada',
});

const trained = (plan: TrainingPlan, bucket = REAL): Promise<RunFiles> =>
  inDatabase((database) =>
    trainRun(newRunId(), plan, {
      database,
      boosting,
      loadScorer,
      fetch: fetchFrom(bucket),
      codeVersion: 'test',
      clock: systemClock,
    }),
  );

const aRegistry = () => new Registry(new MemoryStore('models'), NAMES);

async function crown(registry: Registry, run: RunFiles): Promise<void> {
  await registry.register(run);
  await registry.promote(run.card.run_id, 'ada', new Date());
}

async function judged(
  registry: Registry,
  plan: TrainingPlan,
  run: RunFiles,
  { bucket = REAL, limits = LIMITS }: { readonly bucket?: Bucket; readonly limits?: GateLimits } = {},
): Promise<Verdict & { readonly sound: boolean }> {
  const job: TrainingJob = { run_id: run.card.run_id, ...plan };
  await registry.staged(job.run_id).complete(filesOf(run));
  const outcome = await inDatabase((database) =>
    gateRun(job, { registry, database, boosting, loadScorer, fetch: fetchFrom(bucket), limits }),
  );
  return { ...outcome.gate, sound: outcome.sound };
}

/** Several trainings on real months. */
const LONG = { timeout: 60_000 };

const MARCH = aPlan('2023-03', '2023-04');
let march: RunFiles;
beforeAll(async () => {
  march = await trained(MARCH);
});

describe('the gate', () => {
  test('lets a run of real rides pass when there is no champion', async () => {
    expect(await judged(aRegistry(), MARCH, march)).toMatchObject({ outcome: 'passed', reasons: [], champion: null });
  });

  test('compares with the champion as it is when that has not seen the rides', async () => {
    const registry = aRegistry();
    await crown(registry, march);
    const plan = aPlan('2023-02', '2023-04');
    const verdict = await judged(registry, plan, await trained(plan));
    expect(verdict.champion).toMatchObject({ run_id: march.card.run_id, sequence: 1, refitted: false });
    expect(verdict.champion?.comparison).toMatchObject({ rows: 62_979, days: 31 }); // one ride is of 31 March
    expect(verdict.champion?.comparison?.b.rmse).toBeCloseTo(6.2212029, 6); // the published figure
  });

  test('refits the champion without a month of its own that the run is measured on', async () => {
    const registry = aRegistry();
    await crown(registry, await trained(aPlan('2023-03 2023-04', '2023-02')));
    const verdict = await judged(registry, MARCH, march);
    // Without 2023-04 the champion is the very run that it is compared with.
    expect(verdict.champion).toMatchObject({ refitted: true });
    expect(verdict.champion?.comparison?.b.rmse).toBeCloseTo(6.2212029, 6);
    expect(verdict.champion?.comparison?.rmse_difference).toBeCloseTo(0, 5);
    expect(verdict.outcome).toBe('passed');
  });

  test('knows a month of the champion by its content, too', async () => {
    const registry = aRegistry();
    const disguised = { ...REAL, '2022-12': realMonth('2023-04') };
    await crown(registry, await trained(aPlan('2022-12', '2023-01'), disguised));
    const verdict = await judged(registry, MARCH, march);
    expect(verdict).toMatchObject({ outcome: 'not-comparable' });
    expect(verdict.reasons[0]).toMatch(/trained on 2022-12, and nothing is left to refit it on without these rides/);
  });

  test('does not compare when what the champion would be refitted on has changed or is gone', async () => {
    const registry = aRegistry();
    await crown(registry, await trained(aPlan('2023-02 2023-04', '2023-03')));
    const { '2023-02': _, ...without } = REAL;
    const changed = { ...REAL, '2023-02': realMonth('2023-01') };
    for (const bucket of [without, changed]) {
      const verdict = await judged(registry, MARCH, march, { bucket });
      expect(verdict.outcome).toBe('not-comparable');
      expect(verdict.reasons[0]).toMatch(/no longer in the data bucket: 2023-02$/);
    }
  });

  test('measures on held out rides, and refits a champion of the same month without them', async () => {
    const registry = aRegistry();
    await crown(registry, march);
    const plan = aPlan('2023-03', 0.2);
    const run = await trained(plan);
    const { champion, outcome } = await judged(registry, plan, run);
    expect(champion).toMatchObject({ refitted: true });
    expect(champion?.comparison?.rows).toBe(run.card.validation.rows);
    expect(champion?.comparison?.a.rmse).toBeCloseTo(run.card.validation.rmse, 9);
    expect(champion?.comparison?.rmse_difference).toBeCloseTo(0, 5); // the same recipe on the same rides
    expect(outcome).toBe('passed');
  });

  describe('on the last days of a month', () => {
    const plan = aPlan('2023-03 2023-04', { last: 7 });
    const WEEK = 15_497; // DuckDB: rides of 2023-04's file that cleaning keeps, picked up from 2023-04-24 on
    let run: RunFiles;
    beforeAll(async () => {
      run = await trained(plan);
    });

    test('compares with a champion of earlier months as it is: it has not seen them', async () => {
      const registry = aRegistry();
      await crown(registry, march);
      const { champion } = await judged(registry, plan, run);
      expect(champion).toMatchObject({ refitted: false, comparison: { rows: WEEK, days: 7 } });
      expect(champion?.comparison?.a.rmse).toBeCloseTo(run.card.validation.rmse, 9);
    });

    test('refits a champion that has seen them, without them: then it is the same run', async () => {
      const registry = aRegistry();
      await crown(registry, await trained(aPlan('2023-03 2023-04', '2023-02')));
      const { champion, outcome } = await judged(registry, plan, run);
      expect(champion).toMatchObject({ refitted: true, comparison: { rows: WEEK, days: 7 } });
      expect(champion?.comparison?.rmse_difference).toBeCloseTo(0, 5);
      expect(outcome).toBe('passed');
    });
  });

  test('refuses a run that is worse than the champion, and says by how much', async () => {
    const registry = aRegistry();
    await crown(registry, march);
    const bucket = { ...REAL, '2023-02': await firstRides(realMonth('2023-02'), 9000) };
    const plan = aPlan('2023-02', '2023-04');
    const verdict = await judged(registry, plan, await trained(plan, bucket), { bucket });
    expect(verdict.outcome).toBe('refused');
    expect(verdict.reasons.join()).toMatch(/RMSE [\d.]+ min on 62979 rides; the champion [0-9a-f]{32}: 6\.2212 min/);
  });

  test(
    'compares with the best champion so far, too, so that one promotion after another does not add up',
    LONG,
    async () => {
      const registry = aRegistry();
      await crown(registry, march);
      const few = { ...REAL, '2023-02': await firstRides(realMonth('2023-02'), 9000) };
      const plan = aPlan('2023-02', '2023-04');
      const worse = await trained(plan, few);
      await registry.register(worse);
      const best = { run_id: march.card.run_id, sequence: 1 };
      await registry.promote(worse.card.run_id, 'ada', new Date(), { best });
      const verdict = await judged(registry, plan, await trained(plan, few), { bucket: few });
      expect(verdict.outcome).toBe('refused');
      expect(verdict.champion).toMatchObject({ run_id: worse.card.run_id, sequence: 2 });
      expect(verdict.champion?.comparison?.rmse_difference).toBeCloseTo(0, 9);
      expect(verdict.best).toMatchObject({ ...best, comparison: { rows: 62_979 } });
      expect(verdict.best?.comparison?.b.rmse).toBeCloseTo(6.2212029, 6);
      const checked = (name: string) => verdict.checks.find(({ check }) => check === name);
      expect(checked('champion')).toMatchObject({ passed: true });
      expect(checked('best champion so far')).toMatchObject({
        passed: false,
        said: expect.stringMatching(
          /the best champion so far [0-9a-f]{32}: 6\.2212 min .* at most 0\.05 more is allowed/,
        ),
      });
      // The champion keeps up with itself, and the best run is not its own rival.
      expect((await judged(registry, MARCH, march)).best).toBeUndefined();
    },
  );

  test('refuses a run that wins overall and loses in the Bronx, naming the Bronx', LONG, async () => {
    const bronx = ZONE_IDS.filter((id) => zoneOf(id).borough === 'Bronx').join();
    const registry = aRegistry();
    const later = (zones: string, minutes: number) =>
      `SELECT * REPLACE (CASE WHEN ${zones} THEN lpep_dropoff_datetime + INTERVAL ${minutes} MINUTE
        ELSE lpep_dropoff_datetime END AS lpep_dropoff_datetime) FROM month`;
    // The champion learned that every ride takes four minutes longer than it does, the run that those from the Bronx take
    // a quarter of an hour longer.
    const champions = { ...REAL, '2023-01': await rewritten(realMonth('2023-01'), later('true', 4)) };
    await crown(registry, await trained(aPlan('2023-01', '2023-04'), champions));
    const bucket = {
      ...champions,
      '2023-02': await rewritten(realMonth('2023-02'), later(`PULocationID IN (${bronx})`, 15)),
    };
    const plan = aPlan('2023-02', '2023-04');
    const verdict = await judged(registry, plan, await trained(plan, bucket), { bucket });
    expect(verdict.champion?.comparison?.rmse_difference).toBeLessThan(0);
    expect(verdict.outcome).toBe('refused');
    expect(verdict.reasons).toEqual([
      expect.stringMatching(
        /^RMSE [\d.]+ min on \d+ rides of pickup borough Bronx; the champion: [\d.]+ min \(difference/,
      ),
    ]);
    const found = verdict.segments?.find(({ group }) => group === 'Bronx');
    expect(found?.verdict).toBe('worse');
    expect(found?.rmse_difference).toBeGreaterThan(1);
    // Counted by DuckDB from the file, by TLC's own table of zones.
    const [row] = await inDatabase((database) =>
      database.rows(`SELECT count(*)::DOUBLE AS rides FROM read_parquet(${sqlText(realMonth('2023-04'))})
        WHERE PULocationID IN (${bronx}) AND date_diff('second', lpep_pickup_datetime, lpep_dropoff_datetime) BETWEEN 60 AND 3600`),
    );
    expect(found?.rows).toBe(row?.rides);
  });

  test('refuses a short training', async () => {
    const bucket = { ...REAL, '2023-03': await firstRides(realMonth('2023-03'), 3000) };
    const verdict = await judged(aRegistry(), MARCH, await trained(MARCH, bucket), { bucket });
    expect(verdict.outcome).toBe('refused');
    expect(verdict.reasons[0]).toMatch(/^\d+ rides are left after cleaning; at least 5000 are needed$/);
  });

  test("refuses a run of shuffled labels, whose error is the mean predictor's", async () => {
    const bucket = { ...REAL, '2023-03': await shuffled(realMonth('2023-03')) };
    const run = await trained(MARCH, bucket);
    const verdict = await judged(aRegistry(), MARCH, run, { bucket });
    expect(verdict.outcome).toBe('refused');
    expect(verdict.reasons).toEqual(expect.arrayContaining([expect.stringContaining('R2 on the validation rides is')]));
    expect(run.card.validation.r2).toBeLessThan(0.01);
  });

  test('finds a graph that is not the one that was trained, before anything else, and calls it unsound', async () => {
    const other = await trained(aPlan('2023-02', '2023-04'));
    const swapped = { ...march, golden: other.golden };
    const verdict = await judged(aRegistry(), MARCH, swapped);
    expect(verdict).toMatchObject({ outcome: 'refused', sound: false, checks: [{ check: 'golden rides' }] });
  });
});

describe('the gate that is asked again about a registered run', () => {
  const again = (registry: Registry, run: RunFiles, bucket = REAL, limits = LIMITS) =>
    inDatabase((database) =>
      gateRegistered(run.card.run_id, {
        registry,
        database,
        boosting,
        loadScorer,
        fetch: fetchFrom(bucket),
        limits,
      }),
    );
  const promoted = (registry: Registry, run: RunFiles) =>
    promoteRun(registry, run.card.run_id, { loadScorer, by: 'ada', at: new Date() });

  test(
    'compares it with the current champion: what passed over a weak one is refused over a strong one',
    LONG,
    async () => {
      const registry = aRegistry();
      const plan = aPlan('2023-02', '2023-04');
      const bucketOf = async (rides: number) => ({ ...REAL, '2023-02': await firstRides(realMonth('2023-02'), rides) });
      await crown(registry, await trained(plan, await bucketOf(6000)));
      const bucket = await bucketOf(9000);
      const run = await trained(plan, bucket);
      // A few thousand rides teach a linear model of zone pairs nonsense; here only the comparison counts.
      const limits = { ...LIMITS, leastR2: Number.NEGATIVE_INFINITY };
      const verdict = await judged(registry, plan, run, { bucket, limits });
      expect(verdict.reasons).toEqual([]);
      await registry
        .folder(run.card.run_id)
        .complete([...filesOf(run), { name: 'gate.json', body: JSON.stringify(verdict) }]);

      await crown(registry, march);
      expect(await promoted(registry, run)).toMatchObject({ outcome: 'refused', judged: false });
      const second = await again(registry, run, bucket, limits);
      expect(second).toMatchObject({ outcome: 'refused', champion: { run_id: march.card.run_id, sequence: 2 } });
      expect(second.reasons[0]).toMatch(/RMSE .* the champion [0-9a-f]{32}: 6\.2212 min/);
      expect(second.champion?.comparison?.rmse_difference).toBeGreaterThan(LIMITS.rmseToleranceMinutes);
      expect(await promoted(registry, run)).toEqual({ outcome: 'refused', judged: true, reasons: second.reasons });
      expect((await registry.champion('green'))?.pointer.run_id).toBe(march.card.run_id);
    },
  );

  test('lets a run of a split pass, on the rides that its card says were held out', async () => {
    const registry = aRegistry();
    const plan = aPlan('2023-03', 0.2);
    const run = await trained(plan);
    expect(run.card.validation.held_out).toEqual({ share: 0.2, seed: 42 });
    await registry.register(run);
    expect(await promoted(registry, run)).toMatchObject({ outcome: 'refused', judged: false });
    expect(await again(registry, run)).toMatchObject({ outcome: 'passed', champion: null });
    expect(await promoted(registry, run)).toMatchObject({ outcome: 'moved', pointer: { sequence: 1 } });
  });

  test('judges a run again on the last days that its card names', async () => {
    const registry = aRegistry();
    const run = await trained(aPlan('2023-04', { last: 7 }));
    await registry.register(run);
    await crown(registry, march);
    expect((await again(registry, run)).champion).toMatchObject({ refitted: false, comparison: { days: 7 } });
  });

  test('says which months it lacks, or has otherwise than they were trained on', async () => {
    const registry = aRegistry();
    await registry.register(march);
    const { '2023-03': _, ...without } = REAL;
    await expect(again(registry, march, without)).rejects.toThrow(
      /cannot judge run [0-9a-f]{32}: green 2023-03 is not in the data bucket\. .*tripcast ingest/,
    );
    await expect(again(registry, march, { ...REAL, '2023-03': realMonth('2023-01') })).rejects.toThrow(
      /green 2023-03 in the data bucket is not the file that it was trained on/,
    );
    expect(await registry.verdictOver(march.card.run_id, 0)).toBeUndefined();
  });
});

const ZONE_IDS = Array.from({ length: ZONES.last }, (_, i) => i + ZONES.first);

/** The first rides of a month, as a file of their own. */
const firstRides = (path: string, rows: number) => rewritten(path, `SELECT * FROM month LIMIT ${rows}`);

/** A month whose rides have each other's durations. */
const shuffled = (path: string) =>
  rewritten(
    path,
    `SELECT a.* REPLACE (a.lpep_pickup_datetime + (b.lpep_dropoff_datetime - b.lpep_pickup_datetime) AS lpep_dropoff_datetime)
     FROM (SELECT *, row_number() OVER () AS i FROM month) a
     JOIN (SELECT *, row_number() OVER (ORDER BY md5(rowid::VARCHAR)) AS i FROM month) b USING (i)`,
  );

async function rewritten(path: string, query: string): Promise<string> {
  const file = join(temporaryFolder(), 'month.parquet');
  await inDatabase(async (database) => {
    await database.run(`CREATE TEMP TABLE month AS SELECT * FROM read_parquet(${sqlText(path)})`);
    await database.run(`COPY (${query}) TO ${sqlText(file)} (FORMAT parquet)`);
  });
  return file;
}
