import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { ObjectInfo, ObjectStore, PutOptions, PutOutcome, StoredObject } from '#storage/object-store.ts';
import { sha256 } from '#storage/sha256.ts';
import { unlessMissing } from './files.ts';

/**
 * A folder as a bucket, for work that needs no AWS: an object is a file, written whole or not at all. Conditions hold
 * against what is there when a write begins, so two processes can both win; use it where they would write the same.
 * @example
 * const store = new FolderStore('.tripcast');
 * await store.put('backtests/report.json', text);
 */
export class FolderStore implements ObjectStore {
  readonly bucket: string;

  constructor(folder: string) {
    this.bucket = folder;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const body = await unlessMissing(readFile(this.pathOf(key)));
    return body && { key, body, size: body.byteLength, etag: sha256(body) };
  }

  async getIfChanged(key: string, etag: string): Promise<StoredObject | 'unchanged' | undefined> {
    const found = await this.get(key);
    return found?.etag === etag ? 'unchanged' : found;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const found = await this.get(key);
    return found && { key, size: found.size, etag: found.etag };
  }

  async put(key: string, body: Uint8Array | string, { condition }: PutOptions = {}): Promise<PutOutcome> {
    if (condition !== undefined) {
      const now = await this.get(key);
      const holds = 'absent' in condition ? now === undefined : now?.etag === condition.etag;
      if (!holds) return { outcome: 'conflict' };
    }
    const path = this.pathOf(key);
    await mkdir(dirname(path), { recursive: true });
    const draft = `${path}.${randomUUID()}${DRAFT}`;
    try {
      await writeFile(draft, body);
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
    return { outcome: 'written', etag: sha256(Buffer.from(body)) };
  }

  async download(key: string, path: string): Promise<ObjectInfo | undefined> {
    const found = await this.head(key);
    if (found !== undefined) await copyFile(this.pathOf(key), path);
    return found;
  }

  async upload(path: string, key: string, options: PutOptions = {}): Promise<PutOutcome> {
    return this.put(key, await readFile(path), options);
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    const entries = (await unlessMissing(readdir(this.bucket, { withFileTypes: true, recursive: true }))) ?? [];
    const keys = entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith(DRAFT))
      .map((entry) => relative(this.bucket, join(entry.parentPath, entry.name)));
    for (const key of keys.filter((each) => each.startsWith(prefix)).sort()) {
      const info = await this.head(key);
      if (info !== undefined) yield info;
    }
  }

  /** Where an object is on this machine. */
  pathOf(key: string): string {
    return join(this.bucket, key);
  }
}

const DRAFT = '.draft';
