/**
 * What tripcast needs from a bucket. The adapter for S3 is src/adapters/s3.ts; tests use an in-memory one.
 * @example
 * const seen = await store.get(key);
 * const condition = seen === undefined ? { absent: true as const } : { etag: seen.etag };
 * const { outcome } = await store.put(key, text, { condition }); // 'conflict' if another writer was faster
 */
export interface ObjectStore {
  readonly bucket: string;

  get(key: string): Promise<StoredObject | undefined>;

  /** A conditional GET: `'unchanged'` when the object still has this ETag. */
  getIfChanged(key: string, etag: string): Promise<StoredObject | 'unchanged' | undefined>;

  head(key: string): Promise<ObjectInfo | undefined>;

  /** Writes everything or nothing. A condition that does not hold is an outcome, not an error. */
  put(key: string, body: Uint8Array | string, options?: PutOptions): Promise<PutOutcome>;

  /** Streams an object to a file. `undefined` if the object does not exist. */
  download(key: string, path: string): Promise<ObjectInfo | undefined>;

  /** Streams a file to an object; otherwise like `put`. */
  upload(path: string, key: string, options?: PutOptions): Promise<PutOutcome>;

  list(prefix: string): AsyncIterable<ObjectInfo>;
}

/** What a store knows of an object without reading it; `size` in bytes. */
export interface ObjectInfo {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
}

/** An object with its contents. */
export interface StoredObject extends ObjectInfo {
  readonly body: Uint8Array;
}

/** How to write an object; without a condition, over whatever is there. */
export interface PutOptions {
  readonly contentType?: string;
  readonly condition?: PutCondition;
}

/** `absent`: only if no object exists (If-None-Match: *). `etag`: only over this version (If-Match). */
export type PutCondition = { readonly absent: true } | { readonly etag: string };

/** The condition that overwrites only what was seen: this version, or no object if there was none. */
export const ifUnchanged = (seen: string | undefined): PutCondition =>
  seen === undefined ? { absent: true } : { etag: seen };

/** `conflict`: the condition did not hold; nothing was written. */
export type PutOutcome = { readonly outcome: 'written'; readonly etag: string } | { readonly outcome: 'conflict' };
