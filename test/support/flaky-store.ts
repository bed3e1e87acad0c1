import type { ObjectStore, PutOptions } from '#storage/object-store.ts';
import type { Fault } from './faulty-s3.ts';
import type { MemoryStore } from './memory-store.ts';

/**
 * A bucket behind a connection that breaks: `down` before the bucket sees a call, `late` after it has done the work.
 * Like the SDK, it retries a broken call until it has made `attempts`.
 * @param fault what happens to a request, by its number from 1 and its name
 */
export function flakyStore(
  store: MemoryStore,
  attempts: number,
  fault: (nth: number, call: string) => Exclude<Fault, 'silent'>,
) {
  const calls: string[] = [];
  async function asked<T>(call: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const trouble = fault(calls.push(call), call);
      const answer = trouble === 'down' ? undefined : await work();
      if (trouble === undefined) return answer as T; // without trouble, there is an answer
      if (attempt === attempts) throw new Error(`socket hang up: ${call}`);
    }
  }
  const flaky: ObjectStore = {
    bucket: store.bucket,
    get: (key) => asked(`GET ${key}`, () => store.get(key)),
    getIfChanged: (key, etag) => asked(`GET ${key}`, () => store.getIfChanged(key, etag)),
    head: (key) => asked(`HEAD ${key}`, () => store.head(key)),
    put: (key, body, options?: PutOptions) => asked(`PUT ${key}`, () => store.put(key, body, options)),
    download: (key, path) => asked(`GET ${key}`, () => store.download(key, path)),
    upload: (path, key, options) => asked(`PUT ${key}`, () => store.upload(path, key, options)),
    list: async function* (prefix) {
      yield* await asked(`LIST ${prefix}`, () => Array.fromAsync(store.list(prefix)));
    },
  };
  return { store: flaky, calls };
}
