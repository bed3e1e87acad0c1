import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TlcSource } from '#batch/ingest.ts';
import { withoutCredentials } from '#credentials.ts';
import { type DownloadOptions, download } from './download.ts';
import { isWebAddress } from './web-address.ts';

/** A folder or an http(s) address that holds TLC's files under their own names. */
export function tlcSource(place: string, options: Pick<DownloadOptions, 'clock' | 'silenceMs'> = {}): TlcSource {
  return isWebAddress(place) ? webSource(place, options) : folderSource(place);
}

function folderSource(folder: string): TlcSource {
  return {
    name: folder,
    async fetch(file, path) {
      try {
        await copyFile(join(folder, file), path);
        return { outcome: 'fetched', etag: null };
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { outcome: 'not-published' };
        throw error;
      }
    },
  };
}

const webSource = (address: string, options: Pick<DownloadOptions, 'clock' | 'silenceMs'>): TlcSource => ({
  name: withoutCredentials(address), // stored with every month
  fetch: (file, path, wanted) => download(`${address.replace(/\/$/, '')}/${file}`, path, { ...options, ...wanted }),
});
