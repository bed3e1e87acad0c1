import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { ObjectInfo, ObjectStore, PutOptions, PutOutcome, StoredObject } from '#storage/object-store.ts';

/** An in-memory bucket with S3's conditional writes, for tests. */
export class MemoryStore implements ObjectStore {
  readonly bucket: string;
  readonly objects = new Map<string, Uint8Array>();
  /** Called before each operation; throw from it to inject a failure, write in it to win a race. */
  before: (operation: 'get' | 'put', key: string) => void | Promise<void> = () => {};

  constructor(bucket = 'memory') {
    this.bucket = bucket;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    await this.before('get', key);
    const body = this.objects.get(key);
    return body && { key, body, size: body.byteLength, etag: etagOf(body) };
  }

  async getIfChanged(key: string, etag: string): Promise<StoredObject | 'unchanged' | undefined> {
    const found = await this.get(key);
    return found?.etag === etag ? 'unchanged' : found;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return this.get(key);
  }

  async put(key: string, body: Uint8Array | string, { condition }: PutOptions = {}): Promise<PutOutcome> {
    await this.before('put', key);
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body.slice();
    const now = this.objects.get(key);
    if (condition !== undefined) {
      const holds = 'absent' in condition ? now === undefined : now !== undefined && etagOf(now) === condition.etag;
      if (!holds) return { outcome: 'conflict' };
    }
    this.objects.set(key, bytes);
    return { outcome: 'written', etag: etagOf(bytes) };
  }

  async download(key: string, path: string): Promise<ObjectInfo | undefined> {
    const found = await this.get(key);
    if (found !== undefined) await writeFile(path, found.body);
    return found;
  }

  async upload(path: string, key: string, options: PutOptions = {}): Promise<PutOutcome> {
    return this.put(key, await readFile(path), options);
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    for (const key of [...this.objects.keys()].filter((each) => each.startsWith(prefix)).sort()) {
      const found = await this.get(key);
      if (found !== undefined) yield found;
    }
  }

  /** The object as text; for assertions. */
  text(key: string): string {
    const body = this.objects.get(key);
    if (body === undefined) throw new Error(`There is no ${key}; there are: ${[...this.objects.keys()].join(', ')}`);
    return new TextDecoder().decode(body);
  }
}

const etagOf = (body: Uint8Array) => `"${createHash('md5').update(body).digest('hex')}"`;
