import { describe, expect, test } from 'vitest';
import type { ModelCard } from '#model/card/card.ts';
import type { LoadScorer } from '#model/scorer.ts';
import { adoptRun, copyRun } from '#registry/adopt.ts';
import { promoteRun, rollBack } from '#registry/promotion.ts';
import { filesOf, Registry } from '#registry/registry.ts';
import type { Verdict } from '#registry/verdict.ts';
import { modelKeys } from '#storage/layout.ts';
import { promoteTrained } from '#training/promote.ts';
import type { TrainingOutcome } from '#training/training-job.ts';
import { parseMonth } from '#trips/month.ts';
import { NAMES, runFiles } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';
import { aScorer } from '../../support/a-scorer.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const PASSED: Verdict = { outcome: 'passed', reasons: [], checks: [], champion: null };
const compared = (champion: string, sequence: number, worseBy: number) => ({
  run_id: aRun(champion),
  sequence,
  refitted: false,
  comparison: {
    rows: 1000,
    days: 30,
    a: { rmse: 6 + worseBy, mae: 4 },
    b: { rmse: 6, mae: 4 },
    rmse_difference: worseBy,
    interval: null,
  },
});
/** Passed over the champion of that run and sequence number. */
const passedOver = (champion: string, sequence: number, worseBy = 0): Verdict => ({
  ...PASSED,
  champion: compared(champion, sequence, worseBy),
});
const REFUSED: Verdict = { outcome: 'refused', reasons: ['It is worse than the champion'], checks: [], champion: null };
const AT = new Date('2023-05-15T00:00:00Z');
/** Says 18.7 of the golden ride of a-run.ts, from 130 to 205 over 3.66 miles at eight. */
const loadScorer: LoadScorer = async () => aScorer({ shift: 18.7 - (13 + 2.05 + 3.66 + 0.008) });
const otherScorer: LoadScorer = async () => aScorer();
const by = (name: string) => ({ loadScorer, by: name, at: AT });
const POINTER = modelKeys.alias(NAMES.registeredModels.green, 'champion');

function aRegistry(bucket = 'models') {
  const store = new MemoryStore(bucket);
  const registry = new Registry(store, NAMES);
  const add = async (digit: string, changes: Partial<ModelCard> = {}, gate: Verdict | null = PASSED) => {
    const verdict = gate === null ? [] : [{ name: 'gate.json', body: JSON.stringify(gate) }];
    await registry
      .folder(aRun(digit))
      .complete([...filesOf(runFiles({ run_id: aRun(digit), ...changes })), ...verdict]);
  };
  return { store, registry, add };
}

type Add = ReturnType<typeof aRegistry>['add'];

/** Each run as the gate let it pass over the one before. */
async function promoteInTurn(registry: Registry, add: Add, digits: string): Promise<void> {
  for (const [i, digit] of [...digits].entries()) {
    await add(digit, {}, i === 0 ? PASSED : passedOver(digits[i - 1] ?? '', i));
    expect(await promoteRun(registry, aRun(digit), by('ada'))).toMatchObject({ outcome: 'moved' });
  }
}

describe('a promotion', () => {
  test('makes a run that passed the gate the champion', async () => {
    const { registry, add } = aRegistry();
    await add('a');
    expect(await promoteRun(registry, aRun('a'), by('ada'))).toMatchObject({
      outcome: 'moved',
      pointer: { sequence: 1 },
    });
    expect((await registry.champion('green'))?.pointer.run_id).toBe(aRun('a'));
  });

  test.each([
    ['that the gate refused', REFUSED, REFUSED.reasons],
    ['that never went through the gate', null, ['The run never went through the gate']],
  ])('of a run %s is refused with the reasons, unless a person overrules the gate', async (_, verdict, reasons) => {
    const { store, registry, add } = aRegistry();
    await add('a', {}, verdict);
    const judged = verdict !== null;
    expect(await promoteRun(registry, aRun('a'), by('ada'))).toEqual({ outcome: 'refused', reasons, judged });
    expect(store.objects.has(POINTER)).toBe(false);
    const because = 'the old one is broken';
    expect(await promoteRun(registry, aRun('a'), { ...by('ada'), force: true, because })).toMatchObject({
      outcome: 'moved',
      pointer: { promoted_by: 'ada', overruled: { reasons, because } },
    });
  });

  test('of a run that does not answer its golden rides here is an error, forced or not', async () => {
    const { store, registry, add } = aRegistry();
    await add('a');
    const promotion = promoteRun(registry, aRun('a'), { ...by('ada'), loadScorer: otherScorer, force: true });
    await expect(promotion).rejects.toThrow(/minutes off on its golden rides; at most 0\.0001 is allowed/);
    expect(store.objects.has(POINTER)).toBe(false);
  });

  test('based on a former champion is lost, and says to whom', async () => {
    const { registry, add } = aRegistry();
    for (const digit of ['a', 'b']) await add(digit);
    await add('c', {}, passedOver('a', 1));
    await promoteRun(registry, aRun('a'), { ...by('ada'), over: 0 });
    expect(await promoteRun(registry, aRun('b'), { ...by('grace'), over: 0 })).toMatchObject({
      outcome: 'lost-race',
      winner: { run_id: aRun('a'), promoted_by: 'ada' },
    });
    expect(await promoteRun(registry, aRun('c'), { ...by('grace'), over: 1 })).toMatchObject({ outcome: 'moved' });
  });

  test('that is tried again after it succeeded finds itself there', async () => {
    const { registry, add } = aRegistry();
    await add('a');
    await promoteRun(registry, aRun('a'), { ...by('ada'), over: 0 });
    expect(await promoteRun(registry, aRun('a'), { ...by('ada'), over: 0 })).toMatchObject({
      outcome: 'already-there',
    });
  });

  test('of a run whose last file never arrived cannot be', async () => {
    const { store, registry } = aRegistry();
    store.before = (operation, key) => {
      if (operation === 'put' && key.endsWith('card.json')) throw new Error('S3 is gone');
    };
    await expect(registry.register(runFiles())).rejects.toThrow('S3 is gone');
    store.before = () => {};
    const promotion = promoteRun(registry, aRun('a'), { ...by('ada'), force: true });
    await expect(promotion).rejects.toThrow(`There is no completed run ${aRun('a')}`);
  });
});

describe('a verdict over a former champion', () => {
  test('promotes nothing, until the gate is asked again', async () => {
    const { registry, add } = aRegistry();
    await promoteInTurn(registry, add, 'ab');
    await add('c', {}, passedOver('a', 1));
    expect(await promoteRun(registry, aRun('c'), by('grace'))).toEqual({
      outcome: 'refused',
      judged: false,
      reasons: [
        `The gate compared the run with champion #1 (${aRun('a')}), but the champion is now champion #2 (${aRun('b')})`,
      ],
    });
    expect(await registry.standing(aRun('c'), (await registry.champion('green'))?.pointer)).toMatchObject({
      verdict: { outcome: 'passed' },
      counts: false,
    });
    await registry.keepVerdict(aRun('c'), { ...passedOver('b', 2), outcome: 'refused', reasons: ['It is worse'] });
    expect(await promoteRun(registry, aRun('c'), by('grace'))).toEqual({
      outcome: 'refused',
      judged: true,
      reasons: ['It is worse'],
    });
    await registry.keepVerdict(aRun('c'), passedOver('b', 2));
    expect(await promoteRun(registry, aRun('c'), by('grace'))).toMatchObject({
      outcome: 'moved',
      pointer: { sequence: 3, run_id: aRun('c') },
    });
  });

  test('is one after a rollback too, whoever is the champion again', async () => {
    const { registry, add } = aRegistry();
    await promoteInTurn(registry, add, 'ab');
    await add('c', {}, passedOver('b', 2));
    await rollBack(registry, 'green', by('grace'));
    expect(await promoteRun(registry, aRun('c'), by('ada'))).toMatchObject({ outcome: 'refused', judged: false });
  });

  test('given when there was no champion promotes nothing over the first one', async () => {
    const { registry, add } = aRegistry();
    await promoteInTurn(registry, add, 'a');
    await add('b');
    expect(await promoteRun(registry, aRun('b'), by('grace'))).toMatchObject({
      outcome: 'refused',
      reasons: [expect.stringMatching(/compared the run with none, .* champion #1/)],
    });
  });

  test('is not what a champion is asked for that is promoted again', async () => {
    const { registry, add } = aRegistry();
    await promoteInTurn(registry, add, 'ab');
    expect(await promoteRun(registry, aRun('b'), by('grace'))).toMatchObject({ outcome: 'already-there' });
  });

  test('that becomes one while the promotion is under way loses the race', async () => {
    const { store, registry, add } = aRegistry();
    await promoteInTurn(registry, add, 'a');
    await add('b', {}, passedOver('a', 1));
    await add('c', {}, passedOver('a', 1));
    let raced = false;
    store.before = async (operation, key) => {
      if (raced || operation !== 'put' || key !== POINTER) return;
      raced = true;
      await promoteRun(registry, aRun('c'), by('grace'));
    };
    expect(await promoteRun(registry, aRun('b'), by('ada'))).toMatchObject({
      outcome: 'lost-race',
      winner: { run_id: aRun('c') },
    });
  });
});

describe('the last step of a training', () => {
  const trained = (digit: string, gate: Verdict): TrainingOutcome => ({
    run_id: aRun(digit),
    recipe: 'linear-pair',
    taxi_type: 'green',
    months: [parseMonth('2023-03')],
    validation: { kind: 'month', month: parseMonth('2023-04') },
    promote: true,
    promoted_by: 'training state machine',
    gate,
    sound: true,
    status: 'registered',
    model: 's3://models/model.onnx',
    champion: null,
  });

  test('loses to who was promoted since its gate, and the gate can be asked again', async () => {
    const { registry, add } = aRegistry();
    await promoteInTurn(registry, add, 'a');
    for (const digit of ['b', 'c']) await add(digit, {}, passedOver('a', 1));
    await promoteRun(registry, aRun('b'), by('ada'));
    const how = { registry, loadScorer, at: AT };
    expect(await promoteTrained(trained('c', passedOver('a', 1)), how)).toMatchObject({
      status: 'lost-race',
      champion: { sequence: 2, run_id: aRun('b') },
    });
    expect(await promoteRun(registry, aRun('c'), by('ada'))).toMatchObject({ outcome: 'refused', judged: false });
    await registry.keepVerdict(aRun('c'), passedOver('b', 2));
    expect(await promoteRun(registry, aRun('c'), by('ada'))).toMatchObject({ outcome: 'moved' });
  });

  test('that is retried after its answer was lost has promoted, though another followed in the meantime', async () => {
    const { registry, add } = aRegistry();
    await add('a');
    await add('b', {}, passedOver('a', 1));
    const how = { registry, loadScorer, at: AT };
    const first = await promoteTrained(trained('a', PASSED), how);
    await promoteRun(registry, aRun('b'), by('ada'));
    // The first champion: on this the promote function switches on the stream.
    expect(first).toMatchObject({ status: 'promoted', champion: { sequence: 1, run_id: aRun('a') } });
    expect(await promoteTrained(trained('a', PASSED), { ...how, at: new Date() })).toEqual(first);
    expect((await registry.champion('green'))?.pointer.run_id).toBe(aRun('b'));
  });
});

describe('the best champion so far', () => {
  const bestOf = async (registry: Registry) => (await registry.champion('green'))?.pointer.best;

  test('stays the mark while champions are a little worse, and moves on with one that is not', async () => {
    const { registry, add } = aRegistry();
    await promoteInTurn(registry, add, 'a');
    expect(await bestOf(registry)).toBeUndefined();
    await add('b', {}, passedOver('a', 1, 0.04));
    await promoteRun(registry, aRun('b'), by('ada'));
    expect(await bestOf(registry)).toEqual({ run_id: aRun('a'), sequence: 1 });
    await add('c', {}, { ...passedOver('b', 2, 0.01), best: compared('a', 1, 0.05) });
    await promoteRun(registry, aRun('c'), by('ada'));
    expect(await bestOf(registry)).toEqual({ run_id: aRun('b'), sequence: 2 });
    await add('d', {}, { ...passedOver('c', 3, -0.2), best: compared('a', 1, -0.1) });
    await promoteRun(registry, aRun('d'), by('ada'));
    expect(await bestOf(registry)).toBeUndefined();
  });

  test('is again what it was after a rollback, and the run itself when a person overruled the gate', async () => {
    const { registry, add } = aRegistry();
    await promoteInTurn(registry, add, 'a');
    await add('b', {}, passedOver('a', 1, 0.04));
    await promoteRun(registry, aRun('b'), by('ada'));
    await add('c', {}, REFUSED);
    await promoteRun(registry, aRun('c'), { ...by('ada'), force: true });
    expect(await bestOf(registry)).toBeUndefined();
    await rollBack(registry, 'green', by('grace'));
    expect(await bestOf(registry)).toEqual({ run_id: aRun('a'), sequence: 1 });
  });
});

describe('a rollback', () => {
  test('is a separate entry in the history, and goes further back the next time', async () => {
    const { registry, add } = aRegistry();
    await promoteInTurn(registry, add, 'abc');
    const first = await rollBack(registry, 'green', by('grace'));
    expect(first).toMatchObject({
      to: aRun('b'),
      outcome: {
        outcome: 'moved',
        pointer: { sequence: 4, previous_run_id: aRun('c'), rolled_back_run_id: aRun('c'), promoted_by: 'grace' },
      },
    });
    expect((await rollBack(registry, 'green', by('grace'))).to).toBe(aRun('a'));
    expect((await registry.history('green')).map(({ run_id }) => run_id)).toEqual(
      ['a', 'b', 'c', 'b', 'a'].map((digit) => aRun(digit)),
    );
    await expect(rollBack(registry, 'green', by('grace'))).rejects.toThrow(`no green champion before ${aRun('a')}`);
  });

  test('from no champion at all says so', async () => {
    await expect(rollBack(aRegistry().registry, 'yellow', by('ada'))).rejects.toThrow(
      'There is no champion for yellow taxis',
    );
  });

  test('that races a promotion loses to it', async () => {
    const { store, registry, add } = aRegistry();
    await promoteInTurn(registry, add, 'ab');
    await add('c', {}, passedOver('b', 2));
    let raced = false;
    store.before = async (operation, key) => {
      if (raced || operation !== 'put' || !key.includes('/history/')) return;
      raced = true;
      await promoteRun(registry, aRun('c'), by('grace'));
    };
    expect((await rollBack(registry, 'green', by('ada'))).outcome).toMatchObject({
      outcome: 'lost-race',
      winner: { run_id: aRun('c'), promoted_by: 'grace' },
    });
  });

  test("leaves the other taxi type's pointer byte for byte", async () => {
    const { store, registry, add } = aRegistry();
    await add('a');
    await promoteRun(registry, aRun('a'), by('ada'));
    const green = store.text(POINTER);
    await promoteInTurn(registry, (digit, _, gate) => add(digit, { taxi_type: 'yellow' }, gate), 'bc');
    await rollBack(registry, 'yellow', by('grace'));
    expect((await registry.champion('yellow'))?.pointer.run_id).toBe(aRun('b'));
    expect(store.text(POINTER)).toBe(green);
  });
});

describe('a run that is copied to another registry', () => {
  test('has the same bytes there, and no verdict: that was about a champion of the other one', async () => {
    const [from, to] = [aRegistry('dev'), aRegistry('prod')];
    await from.add('a');
    const copied = await copyRun(aRun('a'), await from.registry.folder(aRun('a')).files(), to.registry, loadScorer);
    const files = [...from.store.objects].filter(([key]) => !key.endsWith('/gate.json'));
    expect(new Map(to.store.objects)).toEqual(new Map(files));
    expect(copied).toHaveLength(files.length);
    expect(await to.registry.verdict(aRun('a'))).toBeUndefined();
    expect(await promoteRun(to.registry, aRun('a'), by('ada'))).toMatchObject({ outcome: 'refused', judged: false });
  });

  test('is no run there when it does not answer its golden rides there', async () => {
    const [from, to] = [aRegistry('dev'), aRegistry('prod')];
    await from.add('a');
    const files = await from.registry.folder(aRun('a')).files();
    await expect(adoptRun(aRun('a'), files, to.registry, otherScorer)).rejects.toThrow('golden rides');
    expect(await to.registry.card(aRun('a'))).toBeUndefined();
    await adoptRun(aRun('a'), files, to.registry, loadScorer); // what was left midway is completed
    expect(await to.registry.card(aRun('a'))).toEqual(await from.registry.card(aRun('a')));
  });
});
