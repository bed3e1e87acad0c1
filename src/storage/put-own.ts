import { setTimeout as wait } from 'node:timers/promises';
import { TransientError } from '#errors.ts';
import { s3Uri } from './layout.ts';
import type { ObjectStore, PutCondition, PutOptions, StoredObject } from './object-store.ts';

export type OwnPutOutcome =
  | { readonly outcome: 'written' }
  /** Nothing was written; `there` is what was found instead. */
  | { readonly outcome: 'conflict'; readonly there: StoredObject | undefined };

/** How many times to try a write that collides with another one in progress, and the first pause between tries. */
const TRIES = 5;
const PAUSE_MS = 100;

/**
 * A conditional write that recognizes its own work. The SDK repeats a PUT whose response was lost, and the repeat finds
 * the object that the first one wrote; so a conflict with an object of exactly the same bytes is a success. The bytes
 * must therefore be unique to the writer (contain a time and a name), or the same for every writer.
 * @throws what the store threw, unless the object is there anyway
 * @example
 * const done = await putOwn(store, key, JSON.stringify(pointer), { condition: { etag: seen.etag } });
 * if (done.outcome === 'conflict') console.log('another writer won', done.there?.body);
 */
export async function putOwn(
  store: ObjectStore,
  key: string,
  body: Uint8Array | string,
  { condition, ...options }: PutOptions & { readonly condition: PutCondition },
): Promise<OwnPutOutcome> {
  const isOurs = (there: StoredObject | undefined) =>
    there !== undefined && Buffer.compare(there.body, Buffer.from(body)) === 0;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    try {
      const written = await store.put(key, body, { ...options, condition });
      if (written.outcome === 'written') return { outcome: 'written' };
    } catch (error) {
      const there = await store.get(key).catch(() => undefined); // report the first error
      if (isOurs(there)) return { outcome: 'written' };
      throw error;
    }
    const there = await store.get(key);
    if (isOurs(there)) return { outcome: 'written' };
    if (!holds(condition, there)) return { outcome: 'conflict', there };
    await wait(PAUSE_MS * attempt); // S3 answers 409 while another conditional write is in progress, which may yet fail
  }
  throw new TransientError(`Other writers kept ${s3Uri(store.bucket, key)} busy`, 'Try again.');
}

const holds = (condition: PutCondition, there: StoredObject | undefined) =>
  'absent' in condition ? there === undefined : there?.etag === condition.etag;
