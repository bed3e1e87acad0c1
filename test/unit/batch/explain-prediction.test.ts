import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { loadScorer } from '#adapters/onnxruntime.ts';
import { workFolder } from '#adapters/work-folder.ts';
import { explainPrediction } from '#batch/explain-prediction.ts';
import { scoreMonth } from '#batch/score-month.ts';
import type { Scorer } from '#model/scorer.ts';
import { Registry, type RunFiles } from '#registry/registry.ts';
import { dataKeys } from '#storage/layout.ts';
import { newRunId } from '#storage/run-id.ts';
import { sha256OfFile } from '#storage/sha256.ts';
import { trainRun } from '#training/train-run.ts';
import type { TrainingPlan } from '#training/training-job.ts';
import { type Month, parseMonth } from '#trips/month.ts';
import { parseMonthRide } from '#trips/month-ride.ts';
import { NAMES } from '../../support/a-card.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type TestRide, writeMonth } from '../../support/tlc-files.ts';
import { aDatabase } from '../../support/training.ts';

const [MARCH, APRIL] = [parseMonth('2023-03'), parseMonth('2023-04')];
/** Sixty rides of ten days. */
const ridesOf = (month: Month): readonly TestRide[] =>
  Array.from({ length: 60 }, (_, i) => ({
    pickup: `${month}-${String(1 + (i % 10)).padStart(2, '0')} 08:30:00`,
    minutes: 5 + (i % 7) + (i % 3) * 4,
    pu: 74 + (i % 3),
    do: 130 + (i % 2),
    distance: 1 + (i % 5),
  }));

let run: RunFiles;
/** The data bucket after April was scored with the run. */
let scored: MemoryStore;
beforeAll(async () => {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const monthFile = async (month: Month) => {
    const path = join(folder.path, `${month}.parquet`);
    await writeMonth(path, ridesOf(month));
    return { month, path, sha256: await sha256OfFile(path) };
  };
  const [march, april] = [await monthFile(MARCH), await monthFile(APRIL)];
  const plan: TrainingPlan = {
    recipe: 'linear-pair',
    taxi_type: 'green',
    months: [MARCH],
    validation: { kind: 'month', month: APRIL },
    promote: false,
    promoted_by: 'ada',
  };
  run = await trainRun(newRunId(), plan, {
    database,
    boosting,
    loadScorer,
    fetch: async () => [march, april],
    codeVersion: 'trained by this',
    clock: new ManualClock(Date.parse('2023-05-01T00:00:00Z')),
  });
  scored = new MemoryStore('data');
  await scored.put(dataKeys.raw('green', APRIL), await readFile(april.path));
  await score(scored, await loadScorer(run.model));
});

const boosting = () => Promise.reject(new Error('linear-pair boosts nothing'));

async function score(data: MemoryStore, scorer: Scorer, force = false): Promise<void> {
  await using folder = await workFolder();
  await using database = await DuckDB.open({ tempDirectory: folder.path });
  const job = { taxi_type: 'green', month: APRIL, run_id: run.card.run_id, force, all: false } as const;
  const { status } = await scoreMonth(job, {
    data,
    storeOf: () => data,
    loadModel: async () => ({ card: run.card, scorer }),
    database,
    workFolder: folder.path,
    codeVersion: 'scored by this',
    engines: {},
    clock: new ManualClock(Date.parse('2023-05-15T00:00:00Z')),
  });
  expect(status).toBe('scored');
}

function aCopy(): MemoryStore {
  const data = new MemoryStore('data');
  for (const [key, body] of scored.objects) data.objects.set(key, body);
  return data;
}

async function explained(ride: string, { data = scored, isRegistered = true } = {}) {
  const registry = new Registry(new MemoryStore('models'), NAMES);
  if (isRegistered) await registry.register(run);
  return explainPrediction('green', parseMonthRide(ride), {
    data,
    registry,
    storeOf: () => data,
    database: await aDatabase(),
    workFolder: temporaryFolder(),
    boosting,
  });
}

describe('explaining a prediction of the batch', () => {
  test('adds up to it, and names the model, the data and the code', async () => {
    const { added, prediction, ...origin } = await explained('2023/04_0');
    expect(added.baseline + added.distance + added.time + added.pickup + added.dropoff).toBeCloseTo(added.unclipped, 9);
    expect(Math.abs(added.unclipped - prediction.ride_duration)).toBeLessThanOrEqual(1e-3);
    expect(prediction.clipped).toBe(false);
    const { run_id } = run.card;
    expect(origin).toMatchObject({
      ride_id: '2023/04_0',
      taxi_type: 'green',
      run_id,
      recipe: 'linear-pair',
      trained_on: [MARCH],
      evaluation: 'after-training',
      model: `s3://models/${NAMES.experiment}/${run_id}/artifacts/model/model.onnx`,
      model_code_version: 'trained by this',
      code_version: 'scored by this',
      scored_at: '2023-05-15T00:00:00.000Z',
      output: { uri: `s3://data/${dataKeys.predictions('green', APRIL, run_id)}` },
    });
  });

  test.each([
    ['whose month was not scored', '2023/05_0', 'green 2023-05 was not scored'],
    ['whose row is not in the file', '2023/04_999999', 'There is no ride 2023/04_999999'],
  ])('says so of a ride %s', async (_, ride, reason) => {
    await expect(explained(ride)).rejects.toThrow(reason);
  });

  test('says so when its run is no longer in the registry', async () => {
    await expect(explained('2023/04_0', { isRegistered: false })).rejects.toThrow(
      `predicted by run ${run.card.run_id}, which is no longer in the registry`,
    );
  });

  test('refuses a prediction that the run does not make', async () => {
    const data = aCopy();
    await score(data, aScorer(), true);
    await expect(explained('2023/04_0', { data })).rejects.toThrow(
      /predicts [\d.]+ minutes, but the model of run \w+ predicts [\d.]+\. Score the month again/,
    );
  });
});
