import { describe, expect, test } from 'vitest';
import { TripcastError } from '#errors.ts';
import { filesOf, Registry } from '#registry/registry.ts';
import { modelKeys } from '#storage/layout.ts';
import { NAMES, runFiles } from '../../support/a-card.ts';
import { aRun } from '../../support/a-run.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const aRegistry = () => {
  const store = new MemoryStore('models');
  return { store, registry: new Registry(store, NAMES) };
};
const AT = new Date('2023-05-15T00:00:00Z');

describe('the registry', () => {
  test("keeps a run in MLflow's layout and gives it back", async () => {
    const { store, registry } = aRegistry();
    await registry.register(runFiles());
    expect([...store.objects.keys()].sort()).toEqual(
      ['card.json', 'coefficients.json', 'golden.json', 'model.onnx'].map(
        (file) => `nyc-taxi-experiment/${'a'.repeat(32)}/artifacts/model/${file}`,
      ),
    );
    expect(await registry.card(aRun('a'))).toEqual(runFiles().card);
    expect((await registry.readModel(aRun('a')))?.model).toEqual(runFiles().model);
  });

  test('never changes a run folder, and takes the same files twice for a repetition', async () => {
    const { store, registry } = aRegistry();
    await registry.register(runFiles());
    const before = new Map(store.objects);
    await registry.register(runFiles());
    await expect(registry.register(runFiles({ seconds: 2 }))).rejects.toThrow(
      /already exists with different content.*immutable/s,
    );
    expect(new Map(store.objects)).toEqual(before);
  });

  test('completes a run whose registration stopped midway', async () => {
    const { store, registry } = aRegistry();
    store.before = (operation, key) => {
      if (operation === 'put' && key.endsWith('golden.json')) throw new Error('S3 is gone');
    };
    await expect(registry.register(runFiles())).rejects.toThrow('S3 is gone');
    expect(await registry.runs()).toEqual([]);
    store.before = () => {};
    await registry.register(runFiles());
    expect((await registry.runs()).map(({ run_id }) => run_id)).toEqual([aRun('a')]);
  });

  test('lists completed runs, the latest first, and neither staged ones nor those of another experiment', async () => {
    const { store, registry } = aRegistry();
    await registry.register(runFiles());
    await registry.register(runFiles({ run_id: aRun('b'), created_at: '2023-05-02T00:00:00.000Z' }));
    await registry.staged(aRun('c')).complete(filesOf(runFiles({ run_id: aRun('c') })));
    await new Registry(store, { ...NAMES, experiment: 'another' }).register(runFiles({ run_id: aRun('d') }));
    await store.put(modelKeys.file(NAMES.experiment, aRun('e'), 'model.onnx'), 'no card yet');
    expect((await registry.runs()).map(({ run_id }) => run_id)).toEqual([aRun('b'), aRun('a')]);
    expect(await registry.card(aRun('c'))).toBeUndefined();
  });

  test('names the card that it cannot read', async () => {
    const { store, registry } = aRegistry();
    await store.put(modelKeys.file(NAMES.experiment, aRun('a'), 'card.json'), '{"recipe":"crystal-ball"}');
    await expect(registry.runs()).rejects.toThrow(/s3:\/\/models\/.*card\.json is not a model card .*recipe/);
  });

  test.each([
    ['card.json', '<html>', /card\.json is not a model card .*Train the run again/, 'card'],
    ['golden.json', '{"rides":1}', /golden\.json has no golden rides \(rides: .*Train the run again/, 'readModel'],
    ['gate.json', '{"outcome":"pas', /gate\.json is not a verdict of the gate .*promote RUN --gate/, 'verdict'],
  ] as const)('names a damaged %s, and what to do', async (file, body, message, read) => {
    const { store, registry } = aRegistry();
    await registry.register(runFiles());
    await store.put(modelKeys.file(NAMES.experiment, aRun('a'), file), body);
    await expect(registry[read](aRun('a'))).rejects.toThrow(message);
    await expect(registry[read](aRun('a'))).rejects.toBeInstanceOf(TripcastError);
  });

  test('does not know a run whose last file failed to arrive: it is neither loaded nor promoted', async () => {
    const { store, registry } = aRegistry();
    store.before = (operation, key) => {
      if (operation === 'put' && key.endsWith('card.json')) throw new Error('S3 is gone');
    };
    await expect(registry.register(runFiles())).rejects.toThrow('S3 is gone');
    store.before = () => {};
    expect(await registry.readModel(aRun('a'))).toBeUndefined();
    await expect(registry.promote(aRun('a'), 'ada', AT)).rejects.toThrow(`There is no completed run ${aRun('a')}`);
  });

  test('refuses a graph that is not the one the card describes', async () => {
    const { store, registry } = aRegistry();
    await registry.register(runFiles());
    await store.put(modelKeys.file(NAMES.experiment, aRun('a'), 'model.onnx'), 'cut sh');
    await expect(registry.readModel(aRun('a'))).rejects.toThrow(/model\.onnx has sha256 .* its card says/);
  });

  test("promotes a run for its own taxi type and leaves the other type's pointer byte for byte", async () => {
    const { store, registry } = aRegistry();
    await registry.register(runFiles());
    await registry.register(runFiles({ run_id: aRun('b'), taxi_type: 'yellow' }));
    await registry.promote(aRun('a'), 'ada', AT);
    const green = store.text(modelKeys.alias(NAMES.registeredModels.green, 'champion'));
    await registry.promote(aRun('b'), 'grace', AT);
    expect(store.text(modelKeys.alias(NAMES.registeredModels.green, 'champion'))).toBe(green);
    expect((await registry.champion('yellow'))?.pointer).toMatchObject({ run_id: aRun('b'), sequence: 1 });
  });
});
