import { describe, expect, test } from 'vitest';
import { Alias } from '#registry/alias.ts';
import { modelKeys } from '#storage/layout.ts';
import { aRun } from '../../support/a-run.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const MODEL = 'ride_duration_prediction_model';
const to = (digit: string, by = 'ada') => ({
  run_id: aRun(digit),
  uri: `s3://memory/runs/${digit}/model.onnx`,
  sha256: digit.repeat(64),
  promoted_at: '2023-05-15T00:00:00.000Z',
  promoted_by: by,
});
const anAlias = (store = new MemoryStore()) => ({ store, alias: new Alias(store, MODEL, 'champion') });

describe('an alias', () => {
  test('names nothing at first, then the run it was moved to, and keeps its history', async () => {
    const { store, alias } = anAlias();
    expect(await alias.read()).toBeUndefined();
    await alias.move(to('a'));
    const second = await alias.move(to('b', 'grace'));
    expect(second).toMatchObject({ outcome: 'moved', pointer: { sequence: 2, previous_run_id: aRun('a') } });
    expect((await alias.read())?.pointer).toMatchObject({ run_id: aRun('b'), promoted_by: 'grace' });
    expect(JSON.parse(store.text(modelKeys.history(MODEL, 1)))).toMatchObject({
      run_id: aRun('a'),
      previous_run_id: null,
    });
  });

  test('stays as it is when it names the run already', async () => {
    const { store, alias } = anAlias();
    await alias.move(to('a'));
    const before = store.text(modelKeys.alias(MODEL, 'champion'));
    expect(await alias.move(to('a', 'grace'))).toMatchObject({ outcome: 'already-there' });
    expect(store.text(modelKeys.alias(MODEL, 'champion'))).toBe(before);
  });

  test('tells the loser of a race who won', async () => {
    const { store, alias } = anAlias();
    await alias.move(to('a'));
    let raced = false;
    store.before = async (operation, key) => {
      if (operation !== 'put' || raced || !key.includes('/history/')) return;
      raced = true;
      await new Alias(store, MODEL, 'champion').move(to('c', 'grace'));
    };
    const lost = await alias.move(to('b'));
    expect(lost).toMatchObject({ outcome: 'lost-race', winner: { run_id: aRun('c'), promoted_by: 'grace' } });
    expect((await alias.read())?.pointer.run_id).toBe(aRun('c'));
  });

  test('has not moved when the process died before its pointer was written, and has when it died after', async () => {
    const { store, alias } = anAlias();
    await alias.move(to('a'));
    const diesAt = (part: string) => {
      store.before = (operation, key) => {
        if (operation === 'put' && key === part) throw new Error('the process dies here');
      };
    };
    diesAt(modelKeys.alias(MODEL, 'champion'));
    await expect(alias.move(to('b'))).rejects.toThrow('dies here');
    diesAt(modelKeys.history(MODEL, 2));
    await expect(alias.move(to('c'))).rejects.toThrow('dies here');
    store.before = () => {};
    expect(await alias.move(to('d'))).toMatchObject({
      outcome: 'moved',
      pointer: { sequence: 3, previous_run_id: aRun('c') },
    });
    expect((await alias.history()).map(({ run_id }) => run_id)).toEqual([aRun('a'), aRun('c'), aRun('d')]);
  });

  test('that is damaged is an error naming the object and the field', async () => {
    const { store, alias } = anAlias();
    await store.put(modelKeys.alias(MODEL, 'champion'), '{"sequence": 1, "run_id": "x"}');
    await expect(alias.read()).rejects.toThrow(/s3:\/\/memory\/aliases\/.*run_id/);
  });

  test('is read again only when it changed', async () => {
    const { alias } = anAlias();
    await alias.move(to('a'));
    const seen = await alias.read();
    expect(await alias.readIfChanged(seen?.etag ?? '')).toBe('unchanged');
    await alias.move(to('b'));
    expect(await alias.readIfChanged(seen?.etag ?? '')).toMatchObject({ pointer: { run_id: aRun('b') } });
  });
});
