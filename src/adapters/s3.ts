import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { TripcastError } from '#errors.ts';
import type { ObjectInfo, ObjectStore, PutOptions, PutOutcome, StoredObject } from '#storage/object-store.ts';
import { clientOfPlace, type Place } from './client.ts';

/**
 * The process's S3 client; region, credentials and endpoint come from the SDK's own chain. When S3 cannot be reached, a
 * function must find out before its time is up: by default the SDK would wait minutes for a connection.
 */
export const s3Client = clientOfPlace(
  () => new S3Client({ maxAttempts: 5, requestHandler: { connectionTimeout: 3_000 } }),
);

/** Creates a bucket in a place other than the one this process points to. */
export async function createBucketAt(place: Place, bucket: string): Promise<void> {
  const client = new S3Client({ ...place, forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } finally {
    client.destroy();
  }
}

/**
 * A bucket on S3. Every write is one PutObject, so readers see all of it or nothing; objects stay far below 5 GB.
 * @example
 * const store = new S3Store('tripcast-data-dev-000000000000');
 * for await (const { key, size } of store.list('receipts/')) console.log(key, size);
 */
export class S3Store implements ObjectStore {
  readonly bucket: string;
  readonly #client: S3Client;

  constructor(bucket: string, client = s3Client()) {
    this.bucket = bucket;
    this.#client = client;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const found = await this.#get(key);
    return found === 'unchanged' ? undefined : found && stored(key, found);
  }

  async getIfChanged(key: string, etag: string): Promise<StoredObject | 'unchanged' | undefined> {
    const found = await this.#get(key, etag);
    return found === 'unchanged' ? found : found && stored(key, found);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    try {
      const head = await this.#client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return { key, etag: head.ETag ?? '', size: head.ContentLength ?? 0 };
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async put(key: string, body: Uint8Array | string, options: PutOptions = {}): Promise<PutOutcome> {
    return this.#put({ Key: key, Body: body, Bucket: this.bucket }, options);
  }

  async download(key: string, path: string): Promise<ObjectInfo | undefined> {
    const found = await this.#get(key);
    if (found === undefined || found === 'unchanged') return undefined;
    if (!(found.Body instanceof Readable)) throw new TypeError(`S3 returned no body for s3://${this.bucket}/${key}.`);
    const partial = `${path}.partial`;
    try {
      await pipeline(found.Body, createWriteStream(partial));
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    return { key, etag: found.ETag ?? '', size: found.ContentLength ?? 0 };
  }

  async upload(path: string, key: string, options: PutOptions = {}): Promise<PutOutcome> {
    const { size } = await stat(path);
    return this.#put({ Key: key, Body: createReadStream(path), ContentLength: size, Bucket: this.bucket }, options);
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ContinuationToken: token }),
      );
      for (const { Key: key, ETag: etag = '', Size: size = 0 } of page.Contents ?? []) {
        if (key !== undefined) yield { key, etag, size };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async #get(key: string, unlessEtag?: string): Promise<GetObjectCommandOutput | 'unchanged' | undefined> {
    try {
      return await this.#client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, IfNoneMatch: unlessEtag }));
    } catch (error) {
      if (hasStatus(error, 304)) return 'unchanged';
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async #put(input: PutObjectCommandInput, { contentType, condition }: PutOptions): Promise<PutOutcome> {
    try {
      const { ETag: etag = '' } = await this.#client.send(
        new PutObjectCommand({
          ...input,
          ContentType: contentType,
          ...(condition && ('absent' in condition ? { IfNoneMatch: '*' } : { IfMatch: condition.etag })),
        }),
      );
      return { outcome: 'written', etag };
    } catch (error) {
      // 412: the condition does not hold. 409: another conditional write is in progress. 404: If-Match on nothing.
      const lost = hasStatus(error, 412) || hasStatus(error, 409) || (hasStatus(error, 404) && isNoSuchKey(error));
      if (condition !== undefined && lost) return { outcome: 'conflict' };
      throw error;
    }
  }
}

/** Deletes everything in a bucket, every version included. @returns how many objects and versions there were */
export async function emptyBucket(bucket: string, onDeleted: (soFar: number) => void): Promise<number> {
  for (let deleted = 0; ; onDeleted(deleted)) {
    const page = await s3Client().send(new ListObjectVersionsCommand({ Bucket: bucket }));
    const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    if (found.length === 0) return deleted;
    const Objects = found.map(({ Key, VersionId }) => ({ Key, VersionId }));
    const { Errors: [failed] = [] } = await s3Client().send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    if (failed !== undefined) {
      throw new TripcastError(
        `s3://${bucket}/${failed.Key} could not be deleted: ${failed.Code} ${failed.Message}`,
        'You need s3:DeleteObject and s3:DeleteObjectVersion.',
      );
    }
    deleted += found.length;
  }
}

async function stored(key: string, found: GetObjectCommandOutput): Promise<StoredObject> {
  const body = (await found.Body?.transformToByteArray()) ?? new Uint8Array();
  return { key, etag: found.ETag ?? '', size: body.byteLength, body };
}

const hasStatus = (error: unknown, status: number) =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === status;

const isNoSuchKey = (error: unknown) => error instanceof S3ServiceException && error.name === 'NoSuchKey';
