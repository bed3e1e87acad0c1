import { createWriteStream } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TlcSource } from '../batch/ingest.ts';
import { TransientError } from '../errors.ts';

/** A folder or an http(s) address that holds TLC's files under their own names. */
export function tlcSource(place: string): TlcSource {
  return /^https?:\/\//.test(place) ? webSource(place) : folderSource(place);
}

function folderSource(folder: string): TlcSource {
  return {
    name: folder,
    async fetch(file, path) {
      try {
        await copyFile(join(folder, file), path);
        return 'fetched';
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'not-published';
        throw error;
      }
    },
  };
}

const ATTEMPTS = 4;
const FIRST_WAIT_MS = 500;
/** TLC answers 403 for a month that is not published; 404 is what other mirrors say. */
const NOT_PUBLISHED = [403, 404];

function webSource(address: string): TlcSource {
  return {
    name: address,
    async fetch(file, path) {
      const url = `${address.replace(/\/$/, '')}/${file}`;
      for (let attempt = 1; ; attempt++) {
        try {
          return await download(url, path);
        } catch (error) {
          if (attempt === ATTEMPTS) {
            throw new TransientError(`${url} could not be fetched (${reasonOf(error)})`, 'Try again later.', {
              cause: error,
            });
          }
          await waitWithJitter(FIRST_WAIT_MS * 2 ** (attempt - 1));
        }
      }
    },
  };
}

async function download(url: string, path: string): Promise<'fetched' | 'not-published'> {
  const response = await fetch(url);
  if (NOT_PUBLISHED.includes(response.status)) return 'not-published';
  if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
  const partial = `${path}.partial`;
  try {
    // fetch itself fails on a body that is shorter than its declared length.
    await pipeline(Readable.fromWeb(response.body), createWriteStream(partial));
    await rename(partial, path);
    return 'fetched';
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

const waitWithJitter = (most: number) =>
  new Promise((resolve) => setTimeout(resolve, most * (0.5 + Math.random() / 2)));

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
