import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { systemClock } from '#clock.ts';
import { checkedInput } from '#function-input.ts';
import { readTrainingProfile } from '#model/profile/training-profile.ts';
import { filesOf, Registry, type RunFiles } from '#registry/registry.ts';
import { dataKeys } from '#storage/layout.ts';
import { fetchRawMonths } from '#storage/raw-months.ts';
import { newRunId, type RunId } from '#storage/run-id.ts';
import { gateRegistered, gateRun } from '#training/gate-run.ts';
import { promoteTrained } from '#training/promote.ts';
import { originalOf, recalibrateRun } from '#training/recalibrate-run.ts';
import { registerStaged } from '#training/register.ts';
import { trainRun } from '#training/train-run.ts';
import {
  planRecalibration,
  planTraining,
  type TrainingOutcome,
  type TrainingRequest,
  trainingRequestSchema,
} from '#training/training-job.ts';
import { parseMonth } from '#trips/month.ts';
import { sqlText } from '#trips/sql.ts';
import { NAMES } from '../../support/a-card.ts';
import { LIMITS } from '../../support/gate-limits.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { realMonth } from '../../support/tlc-files.ts';

// Real rides and linear-pair; from 2023-03 on they take longer by a sixth, which no model of 2023-02 knows.

/** The data bucket: 2023-02 as it was, 2023-03 and 2023-04 slowed down. */
const data = new MemoryStore('data');
let ofFebruary: RunFiles;
beforeAll(async () => {
  await data.upload(realMonth('2023-02'), dataKeys.raw('green', parseMonth('2023-02')));
  await data.upload(realMonth('2023-01'), dataKeys.raw('green', parseMonth('2023-01')));
  await inDatabase(async (database, folder) => {
    for (const month of ['2023-03', '2023-04']) {
      const path = join(folder, 'slowed.parquet');
      await database.run(`COPY (SELECT * REPLACE (
          lpep_pickup_datetime + (lpep_dropoff_datetime - lpep_pickup_datetime) * 7 / 6 AS lpep_dropoff_datetime)
        FROM read_parquet(${sqlText(realMonth(month))})) TO ${sqlText(path)} (FORMAT parquet)`);
      await data.upload(path, dataKeys.raw('green', parseMonth(month)));
    }
  });
  ofFebruary = await inDatabase((database, folder) => {
    const request = checkedInput(trainingRequestSchema, {
      recipe: 'linear-pair',
      months: ['2023-02'],
      validate: 'last:7',
    });
    const boosting = async () => {
      throw new Error('linear-pair boosts nothing');
    };
    return trainRun(newRunId(), planTraining(request, 'green'), { ...deps(database, folder), boosting });
  });
});

async function inDatabase<T>(work: (database: DuckDB, folder: string) => Promise<T>): Promise<T> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  return await work(database, folder.path);
}

const deps = (database: DuckDB, folder: string) => ({
  database,
  loadScorer,
  fetch: (months: Parameters<typeof fetchRawMonths>[2]) => fetchRawMonths(data, 'green', months, folder),
  codeVersion: 'test',
  clock: systemClock,
});

/** A registry whose champion is a run of 2023-02. */
async function aRegistry(): Promise<Registry> {
  const registry = new Registry(new MemoryStore('models'), NAMES);
  await registry.register(ofFebruary);
  await registry.promote(ofFebruary.card.run_id, 'ada', new Date());
  return registry;
}

/** States Train and Gate. */
async function recalibrated(registry: Registry, wanted: Partial<TrainingRequest>): Promise<TrainingOutcome> {
  const request = checkedInput(trainingRequestSchema, { recalibrate: 'champion', promote: true, ...wanted });
  const original = await originalOf(request, 'green', registry);
  if (original === undefined) throw new Error('The request names a run.');
  const plan = planRecalibration(request, original.card);
  const run_id = newRunId();
  const run = await inDatabase((database, folder) => recalibrateRun(run_id, plan, original, deps(database, folder)));
  await registry.staged(run_id).complete(filesOf(run));
  return inDatabase((database, folder) => gateRun({ run_id, ...plan }, gateDeps(registry, database, folder)));
}

const gateDeps = (registry: Registry, database: DuckDB, folder: string) => ({
  ...deps(database, folder),
  registry,
  boosting: async () => {
    throw new Error('linear-pair boosts nothing');
  },
  limits: LIMITS,
});

/** States Register and Promote. */
async function promoted(registry: Registry, outcome: TrainingOutcome): Promise<TrainingOutcome> {
  const how = { registry, loadScorer };
  return promoteTrained(await registerStaged(outcome, how), { ...how, at: new Date() });
}

const check = ({ gate }: TrainingOutcome, name: string) => gate.checks.find((each) => each.check === name);
const CLOSER = "closer to 90% than the champion's intervals";
const cardOf = async (registry: Registry, run: RunId) => {
  const card = await registry.card(run);
  if (card === undefined) throw new Error(`There is no ${run}.`);
  return card;
};

describe('a recalibration of the champion', () => {
  test('ties with it on errors, passes by its coverage, and takes its place', async () => {
    const registry = await aRegistry();
    const judged = await recalibrated(registry, { months: [parseMonth('2023-03')], validate: '2023-04' });
    expect(judged.gate).toMatchObject({ outcome: 'passed', reasons: [] });
    expect(judged.gate.champion?.comparison).toMatchObject({ rmse_difference: 0, interval: [0, 0] });
    const [own, theirs] =
      check(judged, CLOSER)
        ?.said.match(/[\d.]+(?=% \(metered)/g)
        ?.map(Number) ?? [];
    expect(Math.abs((own ?? 0) - 90)).toBeLessThan(1);
    expect(theirs).toBeLessThan(88);

    expect(await promoted(registry, judged)).toMatchObject({ status: 'promoted', champion: { sequence: 2 } });
    const card = await cardOf(registry, judged.run_id);
    expect(card.train).toEqual(ofFebruary.card.train);
    const seen = { month: '2023-03', rows: card.recalibrates?.rows };
    expect(card.recalibrates).toMatchObject({ run_id: ofFebruary.card.run_id, months: [seen] });
    expect(card.validation).toMatchObject({ kind: 'month', month: '2023-04', rows: 62_635 }); // DuckDB, on the bundled file: 7/6 of 1..60 minutes
  });

  test('has files of its own, and those of the recipe', async () => {
    const registry = await aRegistry();
    const { run_id } = await promoted(registry, await recalibrated(registry, { months: [parseMonth('2023-03')] }));
    const files = new Map((await registry.folder(run_id).files()).map(({ name, body }) => [name, Buffer.from(body)]));
    const originals = new Map(filesOf(ofFebruary).map(({ name, body }) => [name, Buffer.from(body)]));
    for (const name of originals.keys()) expect([...files.keys()]).toContain(name);
    for (const name of ['coefficients.json', 'vocabulary.json']) expect(files.get(name)).toEqual(originals.get(name));
    for (const name of ['model.onnx', 'golden.json', 'profile.json']) {
      expect(files.get(name)).not.toEqual(originals.get(name));
    }
    const profile = readTrainingProfile(files.get('profile.json') ?? new Uint8Array());
    expect(profile).toMatchObject({ outcome: 'read' });
    expect(files.get('model-card.html')?.toString()).toContain(
      `Recalibrates run <code>${ofFebruary.card.run_id}</code>`,
    );
  });

  test('points to the run that fitted the trees when the champion is a recalibration itself', async () => {
    const registry = await aRegistry();
    const first = await promoted(registry, await recalibrated(registry, { months: [parseMonth('2023-03')] }));
    const second = await recalibrated(registry, { months: [parseMonth('2023-03'), parseMonth('2023-04')] });
    expect(second.recalibrates).toBe(first.run_id);
    await registerStaged(second, { registry, loadScorer });
    expect((await cardOf(registry, second.run_id)).recalibrates?.run_id).toBe(ofFebruary.card.run_id);
    expect(second.gate.champion).toMatchObject({ run_id: first.run_id, comparison: { rmse_difference: 0 } });
  });

  test('is refused when its coverage is farther from 90% than that of the champion', async () => {
    const registry = await aRegistry();
    // Intervals for slow rides, on rides of ordinary speed.
    const judged = await recalibrated(registry, { months: [parseMonth('2023-03')], validate: '2023-01' });
    expect(judged.gate.outcome).toBe('refused');
    expect(check(judged, CLOSER)).toMatchObject({
      passed: false,
      said: expect.stringMatching(
        /^Its 90% intervals hold .* the larger of the two differences from 90% must not grow$/,
      ),
    });
    expect(check(judged, 'champion')).toMatchObject({ passed: true });
  });

  test('is judged again like any run, on the months that it was made from', async () => {
    const registry = await aRegistry();
    const judged = await recalibrated(registry, { months: [parseMonth('2023-03')] });
    await registerStaged(judged, { registry, loadScorer });
    const again = await inDatabase((database, folder) =>
      gateRegistered(judged.run_id, gateDeps(registry, database, folder)),
    );
    expect(again).toEqual(judged.gate);
  });

  test('loses the race, as a value, when another one was promoted in the meantime', async () => {
    const registry = await aRegistry();
    const wanted = { months: [parseMonth('2023-03')] };
    const [one, other] = [await recalibrated(registry, wanted), await recalibrated(registry, wanted)];
    expect(await promoted(registry, one)).toMatchObject({ status: 'promoted' });
    const winner = { run_id: one.run_id, sequence: 2 };
    expect(await promoted(registry, other)).toMatchObject({ status: 'lost-race', champion: winner });
    expect((await registry.champion('green'))?.pointer).toMatchObject(winner);
  });
});

describe('nothing is recalibrated', () => {
  test('on a month that is not there yet', async () => {
    const late = recalibrated(await aRegistry(), { months: [parseMonth('2023-05')] });
    await expect(late).rejects.toThrow(/These green months are not in the data bucket: 2023-05\. Ingest them/);
  });

  test('without a champion, or a run of that name', async () => {
    const empty = new Registry(new MemoryStore('models'), NAMES);
    const months = [parseMonth('2023-03')];
    await expect(recalibrated(empty, { months })).rejects.toThrow(/There is no champion for green taxis/);
    await expect(recalibrated(empty, { months, recalibrate: newRunId() })).rejects.toThrow(/no completed run/);
  });

  test('from too few rides', async () => {
    const days = { months: [parseMonth('2023-03')], validate: 'split:0.99' };
    await expect(recalibrated(await aRegistry(), days)).rejects.toThrow(
      /2023-03 has 6\d\d rides with a distance .* at least 1000/,
    );
  });
});
