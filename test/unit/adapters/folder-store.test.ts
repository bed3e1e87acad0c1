import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FolderStore } from '#adapters/folder-store.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const text = async (store: ObjectStore, key: string) => {
  const found = await store.get(key);
  return found && new TextDecoder().decode(found.body);
};

/** What a bucket has to do for whoever writes to it under a condition. */
async function lifeOfAnObject(store: ObjectStore): Promise<readonly unknown[]> {
  const seen: unknown[] = [await store.get('a/b.json'), await store.head('a/b.json')];
  const absent = { condition: { absent: true } } as const;
  const first = await store.put('a/b.json', 'one', absent);
  seen.push(first.outcome, (await store.put('a/b.json', 'two', absent)).outcome, await text(store, 'a/b.json'));
  const etag = first.outcome === 'written' ? first.etag : '';
  seen.push(await store.getIfChanged('a/b.json', etag), (await store.head('a/b.json'))?.size);
  seen.push((await store.put('a/b.json', 'three', { condition: { etag } })).outcome);
  seen.push((await store.put('a/b.json', 'four', { condition: { etag } })).outcome, await text(store, 'a/b.json'));
  await store.put('a/c.json', new Uint8Array([1, 2]));
  await store.put('b.json', 'elsewhere');
  seen.push((await Array.fromAsync(store.list('a/'))).map(({ key, size }) => [key, size]));
  return seen;
}

describe('a folder as a bucket', () => {
  test('answers as a bucket does', async () => {
    const found = await lifeOfAnObject(new FolderStore(temporaryFolder()));
    expect(found).toEqual(await lifeOfAnObject(new MemoryStore()));
    expect(found).toContain('three');
  });

  test('leaves no drafts, and copies files in and out', async () => {
    const folder = temporaryFolder();
    const store = new FolderStore(join(folder, 'bucket'));
    await writeFile(join(folder, 'in'), 'text');
    await store.upload(join(folder, 'in'), 'x/y');
    expect(await store.download('x/y', join(folder, 'out'))).toMatchObject({ key: 'x/y', size: 4 });
    expect(await store.download('x/z', join(folder, 'out'))).toBeUndefined();
    expect(readdirSync(join(folder, 'bucket', 'x'))).toEqual(['y']);
    expect(readdirSync(folder).toSorted()).toEqual(['bucket', 'in', 'out']);
  });

  test('is empty before anything is written', async () => {
    const store = new FolderStore(join(temporaryFolder(), 'none'));
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
  });
});
