import { describe, expect, test } from 'vitest';
import { LiveShadow } from '#registry/live-shadow.ts';
import { rollBack } from '#registry/promotion.ts';
import { Registry } from '#registry/registry.ts';
import { type Shadow, shadowState } from '#registry/shadow.ts';
import { startShadow, stopShadow } from '#registry/start-shadow.ts';
import { modelKeys } from '#storage/layout.ts';
import { NAMES } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';
import { type AScorer, aScorer } from '../../support/a-scorer.ts';
import { addShiftedRun, shiftedScorer } from '../../support/a-shifted-run.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const NOW = Date.parse('2023-05-15T12:00:00Z');
const HOUR = 3_600_000;
const SLOT = modelKeys.alias(NAMES.registeredModels.green, 'shadow');

/** A registry with the champion a, and b and c next to it; y is for the other taxis. */
async function aRegistry() {
  const store = new MemoryStore('models');
  const registry = new Registry(store, NAMES);
  for (const [digit, shift] of [
    ['a', 0],
    ['b', 1],
    ['c', 2],
  ] as const)
    await addShiftedRun(registry, digit, shift);
  await addShiftedRun(registry, 'e', 0, { taxi_type: 'yellow' });
  await registry.promote(aRun('a'), 'ada', new Date('2023-05-01'));
  const clock = new ManualClock(NOW);
  const start = (digit: string, changes: Partial<Parameters<typeof startShadow>[2]> = {}) =>
    startShadow(registry, aRun(digit), {
      taxiType: 'green',
      hours: 24,
      by: 'grace',
      at: new Date(clock.now()),
      loadScorer: shiftedScorer,
      ...changes,
    });
  const stop = () => stopShadow(registry, { taxiType: 'green', by: 'ada', at: new Date(clock.now()) });
  const stored = async () => (await registry.shadow('green').read())?.shadow;
  return { store, registry, clock, start, stop, stored };
}

describe('a shadow', () => {
  test('says which run, against which champion, from when to when, and who started it', async () => {
    const { start, stored, store } = await aRegistry();
    const shadow = await start('b');
    expect(shadow).toEqual({
      run_id: aRun('b'),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      against: { run_id: aRun('a'), sequence: 1 },
      since: '2023-05-15T12:00:00.000Z',
      until: '2023-05-16T12:00:00.000Z',
      started_by: 'grace',
    });
    expect(await stored()).toEqual(shadow);
    expect(JSON.parse(store.text(SLOT))).toEqual(shadow);
  });

  test.each([
    ['a run that does not exist', 'd', {}, /There is no completed run d{32}/],
    ['a run of the other taxis', 'e', {}, /Run e{32} is a model of yellow taxis, but the stream serves green ones/],
    ['the champion', 'a', {}, /Run a{32} is the champion: it would be compared with itself/],
    [
      'a run that answers its golden rides differently',
      'b',
      { loadScorer: async () => aScorer({ shift: 5 }) },
      /golden rides/,
    ],
    ['a broken model', 'b', { loadScorer: async () => Promise.reject(new Error('not ONNX')) }, /not ONNX/],
  ] as const)('is not started with %s', async (_, digit, changes, says) => {
    const { start, stored } = await aRegistry();
    await expect(start(digit, changes)).rejects.toThrow(says);
    expect(await stored()).toBeUndefined();
  });

  test('is not started while another one runs, and is once that has ended', async () => {
    const { start, stop, stored, clock } = await aRegistry();
    await start('b');
    const other = /Run b{32} is already the shadow, started by grace, until 2023-05-16T12:00:00.000Z.*--stop/;
    await expect(start('c')).rejects.toThrow(other);
    clock.time += 24 * HOUR;
    await start('c'); // the first one's time is up
    await stop();
    await start('b');
    expect((await stored())?.run_id).toBe(aRun('b'));
  });

  test('of two that are started at once, only one is', async () => {
    const { start, store, stored } = await aRegistry();
    let isFirst = true;
    store.before = async (operation, key) => {
      if (operation !== 'put' || key !== SLOT || !isFirst) return;
      isFirst = false;
      await start('c');
    };
    await expect(start('b')).rejects.toThrow(/Run c{32} is already the shadow/);
    expect((await stored())?.run_id).toBe(aRun('c'));
  });

  test('can be stopped once', async () => {
    const { start, stop, stored } = await aRegistry();
    expect(await stop()).toBeUndefined();
    await start('b');
    expect(await stop()).toMatchObject({ run_id: aRun('b'), stopped: { by: 'ada' } });
    expect((await stored())?.stopped?.at).toBe('2023-05-15T12:00:00.000Z');
    expect(await stop()).toBeUndefined();
  });

  test('is over when it was stopped, when its time is up, and when the champion changed', async () => {
    const { start } = await aRegistry();
    const shadow: Shadow = await start('b');
    const stateOf = (of: Shadow, champion = aRun('a'), now = NOW) => shadowState(of, champion, now);
    expect(stateOf(shadow)).toEqual({ state: 'running' });
    expect(stateOf(shadow, aRun('a'), NOW + 24 * HOUR - 1)).toEqual({ state: 'running' });
    expect(stateOf(shadow, aRun('a'), NOW + 24 * HOUR)).toEqual({ state: 'over', reason: 'time-is-up' });
    expect(stateOf(shadow, aRun('c'))).toEqual({ state: 'over', reason: 'champion-changed' });
    const stopped = { at: shadow.since, by: 'ada' };
    expect(stateOf({ ...shadow, stopped })).toEqual({ state: 'over', reason: 'stopped' });
  });
});

describe('the shadow that a function follows', () => {
  async function followed() {
    const world = await aRegistry();
    const loaded: AScorer[] = [];
    const failing = { load: false };
    const live = new LiveShadow({
      slot: world.registry.shadow('green'),
      registry: world.registry,
      taxiType: 'green',
      refreshSeconds: 60,
      clock: world.clock,
      loadScorer: async (model) => {
        if (failing.load) throw new Error('out of memory');
        const scorer = aScorer(JSON.parse(new TextDecoder().decode(model)));
        loaded.push(scorer);
        return scorer;
      },
    });
    const now = async (champion = aRun('a')) => {
      const found = await live.current(champion);
      return found.kind === 'ready' ? found.model.runId : found.kind === 'broken' ? String(found.error) : found.kind;
    };
    const later = (seconds: number) => {
      world.clock.time += seconds * 1000;
    };
    return { ...world, live, loaded, failing, now, later };
  }

  test('is loaded at the next refresh, once, and dropped when it is stopped', async () => {
    const { start, stop, now, later, loaded, live } = await followed();
    expect(await now()).toBe('none');
    await start('b');
    expect(await now()).toBe('none'); // not asked again yet
    later(60);
    expect(live.isRunning(aRun('a'))).toBe(false); // as it was when last asked
    expect([await now(), await now()]).toEqual([aRun('b'), aRun('b')]);
    expect([live.isRunning(aRun('a')), live.isRunning(aRun('c'))]).toEqual([true, false]);
    expect(loaded).toHaveLength(1);
    await stop();
    later(60);
    expect(await now()).toBe('none');
    expect(loaded[0]?.closed).toBe(true);
  });

  test('ends by itself when its time is up, without asking anyone', async () => {
    const { start, now, later, store } = await followed();
    await start('b', { hours: 1 });
    expect(await now()).toBe(aRun('b'));
    store.before = (operation) => {
      if (operation === 'get') throw new Error('S3 is down');
    };
    later(30);
    expect(await now()).toBe(aRun('b'));
    store.before = () => {};
    later(3600);
    expect(await now()).toBe('none');
  });

  test('is compared with no other champion than the one it was started against', async () => {
    const { start, now, registry, loaded } = await followed();
    await start('b');
    expect(await now()).toBe(aRun('b'));
    expect(await now(aRun('c'))).toBe('none');
    expect(loaded[0]?.closed).toBe(true);
    // A rollback to the champion that it was started against takes the comparison up again, if its time is not up.
    await registry.promote(aRun('c'), 'ada', new Date(NOW));
    await rollBack(registry, 'green', { loadScorer: shiftedScorer, by: 'ada', at: new Date(NOW) });
    expect(await now()).toBe(aRun('b'));
  });

  test('that cannot be loaded is a value, and is not loaded again with every batch', async () => {
    const { start, now, later, failing, loaded } = await followed();
    await start('b');
    failing.load = true;
    expect([await now(), await now()]).toEqual(['Error: out of memory', 'Error: out of memory']);
    failing.load = false;
    later(60);
    expect(await now()).toBe('Error: out of memory');
    expect(loaded).toHaveLength(0);
    later(600);
    expect(await now()).toBe(aRun('b'));
  });

  test('whose slot cannot be read, or says nonsense, is a value too', async () => {
    const { now, later, store } = await followed();
    store.before = (operation) => {
      if (operation === 'get') throw new Error('S3 is down');
    };
    expect(await now()).toBe('Error: S3 is down');
    expect(await now()).toBe('none'); // asked once a minute
    store.before = () => {};
    await store.put(SLOT, '{"run_id":"b"}');
    later(60);
    expect(await now()).toMatch(/s3:\/\/models\/aliases\/.*shadow\.json does not describe a shadow/);
  });

  test('whose model was exchanged is not loaded', async () => {
    const { start, now, store } = await followed();
    const shadow = await start('b');
    await store.put(SLOT, JSON.stringify({ ...shadow, sha256: '0'.repeat(64) }));
    expect(await now()).toMatch(/is not the one that it was started with/);
  });
});
