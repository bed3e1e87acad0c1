import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { TripcastError } from '#errors.ts';

/** What a file of labels is, by its first bytes: names can be wrong. */
export type LabelFileKind = 'parquet' | 'gzip' | 'text';

export async function kindOfFile(path: string): Promise<LabelFileKind> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  const begin = buffer.subarray(0, bytesRead);
  if (begin.equals(Buffer.from('PAR1'))) return 'parquet';
  return begin[0] === 0x1f && begin[1] === 0x8b ? 'gzip' : 'text';
}

/** A file's bytes as text, unpacked if they are compressed. @throws TripcastError when they are damaged */
export async function* textOf(path: string, kind: 'gzip' | 'text'): AsyncGenerator<Uint8Array> {
  const bytes = createReadStream(path);
  if (kind === 'text') return yield* bytes;
  const unpacked = createGunzip();
  bytes.on('error', (error) => unpacked.destroy(error));
  try {
    yield* bytes.pipe(unpacked);
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new TripcastError(`${path} is damaged: ${error.message}`, 'Compress it again with gzip.', { cause: error });
  } finally {
    bytes.destroy();
  }
}

const isZlibError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
