import { describe, expect, test } from 'vitest';
import { Alias, type AliasPointer } from '#registry/alias.ts';
import { modelKeys } from '#storage/layout.ts';
import { aRun } from '../../support/a-run.ts';
import { flakyStore } from '../../support/flaky-store.ts';
import { MemoryStore } from '../../support/memory-store.ts';

// An alias whose bucket drops answers: after any one of them is lost, and the move is made again, there is one winner.

const MODEL = 'ride_duration_prediction_model';
const POINTER = modelKeys.alias(MODEL, 'champion');
const to = (digit: string, by = 'ada', over?: number) => ({
  run_id: aRun(digit),
  uri: `s3://memory/runs/${digit}/model.onnx`,
  sha256: digit.repeat(64),
  promoted_at: `2023-05-15T00:00:0${digit.charCodeAt(0) % 10}.000Z`,
  promoted_by: by,
  ...(over !== undefined && { over }),
});
const anAlias = (store: ConstructorParameters<typeof Alias>[0]) => new Alias(store, MODEL, 'champion');

/** A bucket whose alias went through these runs. */
async function bucketWith(...digits: readonly string[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const digit of digits) await anAlias(store).move(to(digit));
  return store;
}

const entries = (store: MemoryStore) =>
  [...store.objects.keys()].filter((key) => key.startsWith(modelKeys.histories(MODEL))).sort();
const runsOf = (history: readonly AliasPointer[]) => history.map(({ run_id }) => run_id.slice(0, 1)).join('');

/** The alias names the last of these runs, and its history is just them, without a gap. */
async function expectHistory(store: MemoryStore, runs: string): Promise<void> {
  const history = await anAlias(store).history();
  expect(runsOf(history)).toBe(runs);
  expect(history.map(({ sequence }) => sequence)).toEqual(history.map((_, i) => i + 1));
  expect((await anAlias(store).read())?.pointer).toEqual(history.at(-1));
  expect(entries(store)).toEqual(history.map(({ sequence }) => modelKeys.history(MODEL, sequence)));
  for (const pointer of history) {
    expect(JSON.parse(store.text(modelKeys.history(MODEL, pointer.sequence)))).toEqual(pointer);
  }
}

/** @returns how many requests a move makes when all goes well */
async function requestsOfMove(before: readonly string[], over?: number): Promise<number> {
  const { store, calls } = flakyStore(await bucketWith(...before), 1, () => undefined);
  await anAlias(store).move(to('c', 'ada', over));
  return calls.length;
}

describe.each([
  { before: [], over: 0 },
  { before: ['a'], over: 1 },
  { before: ['a', 'b'], over: 2 },
])('a move over $before', ({ before, over }) => {
  const expected = [...before, 'c'].join('');

  describe.each(['down', 'late'] as const)('with one request whose answer is lost (%s)', (trouble) => {
    test('succeeds at once where the request is repeated', async () => {
      const requests = await requestsOfMove(before, over);
      expect(requests).toBeGreaterThan(2);
      for (let nth = 1; nth <= requests; nth += 1) {
        const bucket = await bucketWith(...before);
        const { store } = flakyStore(bucket, 3, (call) => (call === nth ? trouble : undefined));
        expect(await anAlias(store).move(to('c', 'ada', over)), `request ${nth}`).toMatchObject({
          outcome: 'moved',
          pointer: { sequence: over + 1, run_id: aRun('c') },
        });
        await expectHistory(bucket, expected);
      }
    });

    test('has moved after it is made again, where the request is not repeated', async () => {
      const requests = await requestsOfMove(before, over);
      for (let nth = 1; nth <= requests; nth += 1) {
        const bucket = await bucketWith(...before);
        const { store } = flakyStore(bucket, 1, (call) => (call === nth ? trouble : undefined));
        await anAlias(store)
          .move(to('c', 'ada', over))
          .catch(() => undefined);
        const again = { ...to('c', 'ada', over), promoted_at: '2023-05-16T00:00:00.000Z' };
        const outcome = await anAlias(bucket).move(again);
        expect(['moved', 'already-there'], `request ${nth}`).toContain(outcome.outcome);
        await expectHistory(bucket, expected);
      }
    });

    test('that is given up is either done or never happened: the next one does not revive it', async () => {
      const requests = await requestsOfMove(before, over);
      for (let nth = 1; nth <= requests; nth += 1) {
        const bucket = await bucketWith(...before);
        const { store } = flakyStore(bucket, 1, (call) => (call >= nth ? trouble : undefined));
        await anAlias(store)
          .move(to('c', 'ada', over))
          .catch(() => undefined);
        const champion = (await anAlias(bucket).read())?.pointer;
        const next = await anAlias(bucket).move(to('d', 'grace', champion?.sequence ?? 0));
        expect(next, `request ${nth}`).toMatchObject({
          outcome: 'moved',
          pointer: { run_id: aRun('d'), previous_run_id: champion?.run_id ?? null },
        });
        await expectHistory(bucket, champion?.run_id === aRun('c') ? `${expected}d` : [...before, 'd'].join(''));
      }
    });
  });
});

test('a history entry that a promotion of an older release left without its pointer is void', async () => {
  const store = await bucketWith('a', 'b');
  const left: AliasPointer = { ...to('e'), sequence: 3, previous_run_id: aRun('b') };
  await store.put(modelKeys.history(MODEL, 3), `${JSON.stringify(left)}\n`);
  expect(runsOf(await anAlias(store).history())).toBe('ab');
  expect(await anAlias(store).move(to('c', 'grace', 2))).toMatchObject({ outcome: 'moved', pointer: { sequence: 3 } });
  await expectHistory(store, 'abc');
});

test('an alias that was deleted is not begun anew over its history', async () => {
  const store = await bucketWith('a', 'b');
  store.objects.delete(POINTER);
  await expect(anAlias(store).move(to('c'))).rejects.toThrow(/champion\.json is gone.*history\/00000002\.json/);
  expect(entries(store)).toHaveLength(2);
});

test('a promotion that another one followed before its answer was repeated was made', async () => {
  const store = await bucketWith('a');
  await anAlias(store).move(to('b', 'ada', 1));
  await anAlias(store).move(to('c', 'grace', 2));
  // The state machine runs Promote again: this run was the champion, over the one that its gate saw.
  expect(await anAlias(store).move(to('b', 'ada', 1))).toMatchObject({
    outcome: 'moved',
    pointer: { sequence: 2, run_id: aRun('b') },
  });
  expect(await anAlias(store).move(to('d', 'ada', 1))).toMatchObject({
    outcome: 'lost-race',
    winner: { sequence: 3, run_id: aRun('c') },
  });
  await expectHistory(store, 'abc');
});

test('a move that meets another write of the pointer under way (409) waits for it', async () => {
  const store = await bucketWith('a');
  let refusals = 2;
  const busy: typeof store.put = async (key, body, options) =>
    key === POINTER && refusals-- > 0 ? { outcome: 'conflict' } : store.put(key, body, options);
  const alias = anAlias(Object.assign(Object.create(store), { put: busy }));
  expect(await alias.move(to('b'))).toMatchObject({ outcome: 'moved', pointer: { sequence: 2 } });
});
