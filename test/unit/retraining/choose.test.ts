import { beforeEach, describe, expect, test } from 'vitest';
import { NoChampionError } from '#registry/model-source.ts';
import { Registry } from '#registry/registry.ts';
import { type CandidateResult, chooseBest } from '#retraining/choose.ts';
import { conclude } from '#retraining/conclude.ts';
import type { RetrainingPlan } from '#retraining/plan.ts';
import { dataKeys } from '#storage/layout.ts';
import { promoteTrained } from '#training/promote.ts';
import { monthRange, parseMonth } from '#trips/month.ts';
import { NAMES, runFiles } from '../../support/a-card.ts';
import { APRIL, aPlan, aResult, ingest } from '../../support/a-retraining.ts';
import { aRun } from '../../support/a-run.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { differences } from '../../support/documented-keys.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const THREE = 'window of 3 months';
const NINE = 'window of 9 months';
const three = monthRange(parseMonth('2023-02'), APRIL);
const nine = monthRange(parseMonth('2022-08'), APRIL);
/** Says what the golden ride of a-card.ts expects: 18.7 minutes. */
const loadScorer = async () => aScorer({ shift: 18.7 - (13 + 2.05 + 3.66 + 0.008) });

let data: MemoryStore;
let registry: Registry;
let plan: RetrainingPlan;
beforeEach(async () => {
  data = new MemoryStore('data');
  registry = new Registry(new MemoryStore('models'), NAMES);
  await registry.register(runFiles());
  await registry.promote(aRun('a'), 'ada', new Date());
  await ingest(data, '2022-08', '2023-04');
  plan = await aPlan({}, { data, registry });
});

const candidate = (run: string, months: typeof three, of: Partial<Parameters<typeof aResult>[2]> = {}) =>
  aResult(registry, months.length === 3 ? THREE : NINE, { run, months, over: 1, ...of });
const choose = (...results: readonly CandidateResult[]) => chooseBest(plan, results, { registry, data });
const statuses = async (...results: readonly CandidateResult[]) =>
  (await choose(...results)).candidates.map(({ status }) => status);
/** State Promote, and then Conclude, for the best of the results. */
async function promote(results: readonly CandidateResult[], choice: Awaited<ReturnType<typeof choose>>) {
  const best = results.find(({ name }) => name === choice.best)?.outcome;
  const promotion = best === undefined ? null : await promoteTrained(best, { registry, loadScorer, at: new Date() });
  return conclude(plan, choice, promotion, 'test');
}
const championNow = async () => {
  const now = await registry.champion('green');
  if (now === undefined) throw new NoChampionError('green');
  return now.pointer;
};

describe('the best candidate', () => {
  test('is the one that passed with the smallest error', async () => {
    const results = [await candidate('b', three, { rmse: 5.9 }), await candidate('c', nine, { rmse: 5.8 })];
    expect((await choose(...results)).best).toBe(NINE);
    const refused = [results[0], await candidate('d', nine, { rmse: 5.8, outcome: 'refused' })].filter(
      (each) => !!each,
    );
    expect((await choose(...refused)).best).toBe(THREE);
  });

  test('has fewer months than one with the same error', async () => {
    const results = [await candidate('c', nine, { rmse: 5.9 }), await candidate('b', three, { rmse: 5.9 })];
    expect((await choose(...results)).best).toBe(THREE);
  });

  test('is promoted, and the notice says by how much it is better and why the other is not', async () => {
    const results = [
      await candidate('b', three, { rmse: 5.9 }),
      await candidate('c', nine, { rmse: 6.5, outcome: 'refused' }),
    ];
    const { outcome, notice } = await promote(results, await choose(...results));
    expect(outcome).toMatchObject({ status: 'promoted', best: THREE, champion: { sequence: 2, run_id: aRun('b') } });
    expect(await championNow()).toMatchObject({ run_id: aRun('b'), promoted_by: 'retraining (test)' });
    expect(differences('retrain', { execution: 'arn', ...outcome })).toEqual([]);
    expect(notice.subject).toBe('tripcast test: green 2023-04 retraining: new champion');
    expect(notice.message).toContain(
      `The new champion for green taxis is the window of 3 months (2023-02..2023-04, run ${aRun('b')}), whose RMSE is 5.900 min, 0.100 min below the old champion's.`,
    );
    expect(notice.message).toContain(
      `- window of 9 months (2022-08..2023-04, run ${aRun('c')}), RMSE 6.500 min (0.500 min above the champion's), 90.0% inside the 90% interval: refused: It is worse than the champion`,
    );
  });

  test('is nobody if the gate passed nobody, and the champion stays', async () => {
    const results = [
      await candidate('b', three, { outcome: 'refused' }),
      await candidate('c', nine, { outcome: 'not-comparable' }),
    ];
    const { outcome, notice } = await promote(results, await choose(...results));
    expect(outcome).toMatchObject({ status: 'refused', best: null, champion: null });
    expect(notice.message).toContain('No candidate for green taxis passed the gate, so the champion stays.');
    expect((await championNow()).sequence).toBe(1);
  });

  test('is left to a person if the policy never promotes', async () => {
    const choice = await choose(await candidate('b', three));
    const { outcome, notice } = conclude({ ...plan, promote: 'never' }, choice, null, 'prod');
    expect(outcome.status).toBe('registered');
    expect(notice.message).toContain(`Promote it: npx tripcast models promote ${aRun('b')} --env prod`);
  });
});

describe('a candidate', () => {
  test('whose graph fails its golden rides, or that failed, is not chosen', async () => {
    const sound = await candidate('b', three);
    const unsound = { ...sound, outcome: { ...sound.outcome, sound: false, model: null } };
    const failed = { name: NINE, months: [...nine], error: 'Runtime.OutOfMemory' };
    const { best, candidates } = await choose(unsound, failed);
    expect(best).toBeNull();
    expect(candidates.map(({ status, reasons }) => [status, reasons])).toEqual([
      ['unsound', []],
      ['failed', ['Runtime.OutOfMemory']],
    ]);
    expect(conclude(plan, await choose(failed), null, 'test').outcome.status).toBe('failed');
  });

  test('one of whose months was published anew meanwhile does not count: the others saw different rides', async () => {
    const results = [await candidate('b', three), await candidate('c', nine)];
    await data.put(dataKeys.raw('green', parseMonth('2022-09')), 'a later edition');
    expect(await statuses(...results)).toEqual(['passed', 'published-anew']);
    await data.put(dataKeys.raw('green', APRIL), 'a later edition');
    const choice = await choose(...results);
    expect(choice.best).toBeNull();
    expect(choice.candidates[0]?.reasons).toEqual([
      '2023-04 changed in the data bucket meanwhile, so the candidates were not judged on the same rides',
    ]);
    expect((await promote(results, choice)).outcome.status).toBe('refused');
  });

  test('that the gate could not judge because its month was published anew is no failure', async () => {
    await data.put(dataKeys.raw('green', APRIL), 'a later edition');
    const stopped = { name: THREE, months: [...three], error: 'TripcastError: 2023-04 is not the file' };
    expect(await statuses(stopped)).toEqual(['published-anew']);
  });

  test('that was judged over a later champion than was planned has lost the race', async () => {
    await registry.register(runFiles({ run_id: aRun('e') }));
    await registry.promote(aRun('e'), 'grace', new Date());
    const results = [await candidate('b', three, { over: 2 })];
    const choice = await choose(...results);
    expect(choice.candidates).toMatchObject([
      {
        status: 'lost-race',
        reasons: ['the champion was #1 when the retraining started, and #2 when the gate looked'],
      },
    ]);
    expect((await promote(results, choice)).outcome.status).toBe('lost-race');
    expect(await championNow()).toMatchObject({ sequence: 2, run_id: aRun('e') });
  });
});

test('of two retrainings at once exactly one promotes, and the other says who was faster', async () => {
  const one = [await candidate('b', three, { rmse: 5.9 })];
  const other = [await candidate('c', three, { rmse: 5.8 })];
  const [first, second] = await Promise.all([
    promote(one, await choose(...one)),
    promote(other, await choose(...other)),
  ]);
  const [winner, loser] = first.outcome.status === 'promoted' ? [first, second] : [second, first];
  expect([winner.outcome.status, loser.outcome.status]).toEqual(['promoted', 'lost-race']);
  expect(loser.outcome.champion).toEqual(winner.outcome.champion);
  expect(loser.notice.message).toContain(
    `made ${winner.outcome.champion?.run_id} the champion for green taxis meanwhile`,
  );
  expect((await registry.history('green')).map(({ run_id }) => run_id)).toEqual([
    aRun('a'),
    winner.outcome.champion?.run_id,
  ]);
});

test('a retraining without candidates changes nothing, and says what is missing', async () => {
  const none = await aPlan({ month: parseMonth('2023-05'), windows: [1] }, { data, registry });
  const { outcome, notice } = conclude(none, null, null, 'dev');
  expect(outcome).toMatchObject({ status: 'no-candidates', candidates: [], champion: null });
  expect(notice.message).toContain('- window of 1 month: 2023-05 is not in the data bucket');
  expect(notice.subject.length).toBeLessThanOrEqual(100);
});
