import { describe, expect, test } from 'vitest';
import { Registry } from '../../../src/registry/registry.ts';
import { modelKeys } from '../../../src/storage/layout.ts';
import { aRun } from '../../support/a-card.ts';
import { NAMES, runFiles } from '../../support/a-run.ts';
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

  test('never changes a run folder', async () => {
    const { registry } = aRegistry();
    await registry.register(runFiles());
    await expect(registry.register(runFiles())).rejects.toThrow(/there already.*immutable/s);
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
