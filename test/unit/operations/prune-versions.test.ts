import { describe, expect, test } from 'vitest';
import { pruneVersions, type VersionStore, versionsToDelete } from '#operations/prune-versions.ts';

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

describe('the versions that go', () => {
  test('are none while there are ten or fewer', () => {
    expect(versionsToDelete(upTo(10), [10])).toEqual([]);
    expect(versionsToDelete([], [])).toEqual([]);
  });

  test('are those before the newest ten', () => {
    expect(versionsToDelete(upTo(13), [13])).toEqual([1, 2, 3]);
  });

  test('are sorted by number, not by text or by the order in which they are listed', () => {
    expect(versionsToDelete([9, 100, 10, 8], [100], 2)).toEqual([8, 9]);
  });

  test('never are one that an alias names, nor the one before it: a rollback goes there', () => {
    expect(versionsToDelete(upTo(30), [5], 10)).toEqual([1, 2, 3, ...upTo(20).slice(5)]);
  });

  test('never are one that gets a share of the calls during a canary', () => {
    expect(versionsToDelete(upTo(4), [3, 4], 1)).toEqual([1]);
  });

  test('never are the live one and the one before, however few are to be kept', () => {
    expect(versionsToDelete([2, 7, 9], [9], 1)).toEqual([2]);
  });
});

describe('pruning', () => {
  /** Versions in memory; `meanwhile` runs between the listing of the versions and that of the aliases. */
  function aStore(versions: number[], aliased: number[], meanwhile = () => {}, mayDelete = Infinity) {
    const deleted: number[] = [];
    const store: VersionStore = {
      versions: async () => versions,
      aliased: async () => {
        meanwhile();
        return aliased;
      },
      delete: async (version) => {
        if (deleted.length >= mayDelete) return 'denied';
        deleted.push(version);
        return 'deleted';
      },
    };
    return { store, deleted };
  }

  test('deletes the oldest first, and says which', async () => {
    const { store, deleted } = aStore(upTo(12).toReversed(), [12]);
    expect(await pruneVersions(store)).toEqual({ deleted: [1, 2], denied: [] });
    expect(deleted).toEqual([1, 2]);
  });

  test('stops at the first that the credentials may not delete, and says what is left', async () => {
    const { store } = aStore(upTo(13), [13], () => {}, 1);
    expect(await pruneVersions(store)).toEqual({ deleted: [1], denied: [2, 3] });
  });

  test('keeps a version that someone rolled back to in the meantime', async () => {
    const aliased = [14];
    const { store, deleted } = aStore(upTo(14), aliased, () => aliased.splice(0, 1, 3));
    await pruneVersions(store);
    expect(deleted).toEqual([1, 4]);
  });
});
