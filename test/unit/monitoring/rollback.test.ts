import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { ModelCard } from '#model/card/card.ts';
import { rollBackIfWorse, rollbackMetrics, rollbackNotice } from '#monitoring/rollback.ts';
import { rollBack } from '#registry/promotion.ts';
import { Registry } from '#registry/registry.ts';
import { dataKeys, modelKeys } from '#storage/layout.ts';
import { parseMonth } from '#trips/month.ts';
import { aCard, NAMES } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';
import { addShiftedRun, shiftedScorer, UNSHIFTED } from '../../support/a-shifted-run.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { aDatabase, aSource } from '../../support/training.ts';

const APRIL = parseMonth('2023-04');
const POINTER = modelKeys.alias(NAMES.registeredModels.green, 'champion');

/** Thirty days of eight rides that took as long as a model without a shift predicts, give or take up to 2.5 minutes. */
const RIDES = Array.from({ length: 240 }, (_, i) => ({
  day: 1 + (i % 30),
  error: ((i * 7919) % 11) / 2 - 2.5,
}));

/** A champion and the one before it, with so many minutes too much, and a month of rides. */
async function aMonth({ older = 0, newer = 1, changes = {} as Partial<ModelCard>, promoted = '2023-05-10' } = {}) {
  const models = new MemoryStore('models');
  const registry = new Registry(models, NAMES);
  const data = new MemoryStore('data');
  const month = RIDES.map(({ day, error }) => ({
    pickup: `2023-04-${String(day).padStart(2, '0')} 08:30:00`,
    minutes: UNSHIFTED + error,
  }));
  await data.put(dataKeys.raw('green', APRIL), await readFile((await aSource('2023-04', month)).path));
  await addShiftedRun(registry, 'a', older, changes);
  await addShiftedRun(registry, 'b', newer);
  await registry.promote(aRun('a'), 'ada', new Date('2023-05-01'));
  await registry.promote(aRun('b'), 'grace', new Date(promoted));
  const clock = new ManualClock(Date.parse('2023-05-15T00:00:00Z'));
  const database = await aDatabase();
  const judge = (run = aRun('b'), toleranceMinutes = 0.1) =>
    rollBackIfWorse(
      { taxi_type: 'green', month: APRIL, run_id: run },
      {
        registry,
        loadScorer: shiftedScorer,
        toleranceMinutes,
        data,
        database,
        workFolder: temporaryFolder(),
        clock,
      },
    );
  const champion = async () => (await registry.champion('green'))?.pointer;
  return { models, registry, data, judge, champion };
}

/** Of a model with so many minutes too much, on those rides. */
const rmseOf = (shift: number) =>
  Math.sqrt(RIDES.reduce((sum, { error }) => sum + (shift - error) ** 2, 0) / RIDES.length);

describe('a champion whose labels have come', () => {
  test('goes back to the one before when that is proven better on the same rides', async () => {
    const { judge, champion } = await aMonth({ newer: 2 });
    const outcome = await judge();
    expect(outcome).toMatchObject({ outcome: 'rolled-back', newer: aRun('b'), older: aRun('a') });
    if (outcome.outcome !== 'rolled-back') return;
    const { comparison } = outcome;
    expect(comparison).toMatchObject({ rows: 240, days: 30 });
    expect(comparison.a.rmse).toBeCloseTo(rmseOf(2), 5);
    expect(comparison.b.rmse).toBeCloseTo(rmseOf(0), 5);
    expect(comparison.interval?.[0]).toBeGreaterThan(0.1);
    expect(await champion()).toMatchObject({
      sequence: 3,
      run_id: aRun('a'),
      rolled_back_run_id: aRun('b'),
      promoted_by: 'monitoring (error in 2023-04)',
    });
    expect(rollbackMetrics(outcome)).toEqual([{ name: 'ChampionRolledBack', value: 1, unit: 'Count' }]);
    expect(
      rollbackNotice({ taxi_type: 'green', month: APRIL, run_id: aRun('b') }, outcome, {
        toleranceMinutes: 0.1,
        env: 'prod',
      }),
    ).toEqual({
      subject: 'tripcast prod: green champion rolled back',
      message: [
        'The champion for green taxis was rolled back: on the rides of 2023-04 it was worse than the one before.',
        '',
        `Until now: ${aRun('b')}, RMSE ${rmseOf(2).toFixed(2)} min over 240 rides on 30 days.`,
        `Champion again: ${aRun('a')}, RMSE ${rmseOf(0).toFixed(2)} min on the same rides.`,
        `Difference: ${(rmseOf(2) - rmseOf(0)).toFixed(2)} min, 95% interval ${comparison.interval?.map((end) => end.toFixed(2)).join(' to ')}; at most 0.1 is tolerated.`,
        '',
        `History: npx tripcast models show ${aRun('a')} --env prod`,
        `To undo it: npx tripcast models promote ${aRun('b')} --force --reason "why" --env prod`,
      ].join('\n'),
    });
  });

  test('is rolled back once: monitoring the month again says the same and moves nothing', async () => {
    const { judge, champion } = await aMonth({ newer: 2 });
    const first = await judge();
    const moved = await champion();
    expect(await judge()).toEqual(first);
    expect(await champion()).toEqual(moved);
  });

  test.each([
    ['it is better', { newer: 0, older: 1 }, 0.1],
    ['it is as good', { newer: 0, older: 0 }, 0],
    ['it is worse by less than is tolerated', { newer: 1 }, 0.5], // by 0.29 min
    ['it is worse by more, but that may be chance', { newer: 0.25 }, 0.015], // by 0.02 min, and the interval begins below
  ])('stays when %s', async (_, shifts, tolerance) => {
    const { judge, champion } = await aMonth(shifts);
    const outcome = await judge(aRun('b'), tolerance);
    expect(outcome.outcome).toBe('kept');
    if (outcome.outcome === 'kept' && tolerance === 0.015) {
      expect(outcome.comparison.rmse_difference).toBeGreaterThan(tolerance);
    }
    expect((await champion())?.run_id).toBe(aRun('b'));
    expect(rollbackMetrics(outcome)).toEqual([]);
    expect(
      rollbackNotice({ taxi_type: 'green', month: APRIL, run_id: aRun('b') }, outcome, {
        toleranceMinutes: 0.1,
        env: 'prod',
      }),
    ).toBeUndefined();
  });

  const trainedOnApril = {
    ...aCard().train,
    months: [{ month: APRIL, sha256: '0'.repeat(64), rows_read: 3, rows: 2 }],
  };

  test.each([
    ['the month was scored by another run', {}, aRun('c'), 'the month was scored by another run than the champion'],
    [
      'the one before was trained on the month',
      { changes: { train: trainedOnApril } },
      aRun('b'),
      `run ${aRun('a')} was trained on 2023-04`,
    ],
    [
      'it has been the champion for long',
      { promoted: '2023-01-10' },
      aRun('b'),
      'the champion was promoted more than 100 days ago',
    ],
  ])('is not compared when %s', async (_, how, scoredBy, why) => {
    const { judge, champion } = await aMonth({ newer: 2, ...how });
    expect(await judge(scoredBy)).toEqual({ outcome: 'not-compared', why });
    expect((await champion())?.run_id).toBe(aRun('b'));
  });

  test('is not compared when there was none before it, or when it is back after a rollback', async () => {
    const { judge, registry } = await aMonth({ newer: 2 });
    const at = new Date('2023-05-12');
    await rollBack(registry, 'green', { loadScorer: shiftedScorer, by: 'ada', at });
    expect(await judge(aRun('a'))).toEqual({ outcome: 'not-compared', why: 'the champion is back after a rollback' });

    const { judge: alone, models } = await aMonth({ newer: 2 });
    const first = models.text(modelKeys.history(NAMES.registeredModels.green, 1));
    for (const key of [...models.objects.keys()]) if (key.startsWith('aliases/')) models.objects.delete(key);
    await models.put(POINTER, first);
    expect(await alone(aRun('a'))).toEqual({ outcome: 'not-compared', why: 'there was no champion before it' });
  });

  test('loses to a promotion in between', async () => {
    const { judge, champion, models, registry } = await aMonth({ newer: 2 });
    await addShiftedRun(registry, 'c', 0.5);
    let isPromoted = false;
    models.before = async (operation, key) => {
      if (isPromoted || operation !== 'put' || key !== POINTER) return;
      isPromoted = true;
      await registry.promote(aRun('c'), 'grace', new Date('2023-05-15'));
    };
    const outcome = await judge();
    expect(isPromoted).toBe(true);
    expect(outcome.outcome).toBe('overtaken');
    expect(await champion()).toMatchObject({ sequence: 3, run_id: aRun('c'), promoted_by: 'grace' });
    expect(rollbackMetrics(outcome)).toEqual([]);
    const said = rollbackNotice({ taxi_type: 'green', month: APRIL, run_id: aRun('b') }, outcome, {
      toleranceMinutes: 0.1,
      env: 'prod',
    });
    expect(said?.message).toMatch(/was not rolled back: someone else has moved the alias in the meantime/);
  });
});
