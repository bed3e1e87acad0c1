import { open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** A file to add to an archive. */
export interface ZipEntry {
  /** Its path in the archive, with forward slashes. */
  readonly path: string;
  readonly file: string;
}

/** 1980-01-01 00:00, the zero of a zip file's clock, so that the same files give the same bytes. */
const DOS_DATE = 0x21;
const UTF8_NAMES = 0x800;
const VERSION = 20;
const MADE_ON_UNIX = (3 << 8) | VERSION;
const REGULAR_FILE_0644 = 0o100644 << 16;

/**
 * Writes a zip archive of uncompressed files (APPNOTE.TXT 4.3: local headers with their data, central directory, end
 * record), at most 4 GB in total. The point is speed, not size: half a second to write instead of the five that
 * compression takes, and a quarter of a second to unpack in each worker that the emulator starts.
 */
export async function writeStoredZip(target: string, entries: readonly ZipEntry[]): Promise<void> {
  await using archive = await open(target, 'w');
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, file } of entries) {
    const data = await readFile(file);
    const name = Buffer.from(path);
    const facts = describe(data, name);
    const header = Buffer.concat([fixed(['u32', 0x04034b50], ['u16', VERSION]), facts, fixed(['u16', 0]), name]);
    await archive.writeFile(header);
    await archive.writeFile(data);
    directory.push(
      fixed(['u32', 0x02014b50], ['u16', MADE_ON_UNIX], ['u16', VERSION]),
      facts,
      // No extra field, no comment, first disk, no internal attributes.
      fixed(['u16', 0], ['u16', 0], ['u16', 0], ['u16', 0], ['u32', REGULAR_FILE_0644 >>> 0], ['u32', offset]),
      name,
    );
    offset += header.length + data.length;
  }
  const central = Buffer.concat(directory);
  const count = entries.length;
  await archive.writeFile(central);
  await archive.writeFile(
    fixed(
      ['u32', 0x06054b50],
      ['u16', 0],
      ['u16', 0],
      ['u16', count],
      ['u16', count],
      ['u32', central.length],
      ['u32', offset],
      ['u16', 0],
    ),
  );
}

/** What both headers of a file share: flags, method "stored", time, checksum, both sizes, the name's length. */
function describe(data: Buffer, name: Buffer): Buffer {
  const { length } = data;
  return fixed(
    ['u16', UTF8_NAMES],
    ['u16', 0],
    ['u16', 0],
    ['u16', DOS_DATE],
    ['u32', crc32(data)],
    ['u32', length],
    ['u32', length],
    ['u16', name.length],
  );
}

/** Little-endian unsigned numbers, one after another. */
function fixed(...fields: readonly (readonly ['u16' | 'u32', number])[]): Buffer {
  return Buffer.concat(
    fields.map(([type, value]) => {
      const bytes = Buffer.alloc(type === 'u16' ? 2 : 4);
      if (type === 'u16') bytes.writeUInt16LE(value);
      else bytes.writeUInt32LE(value);
      return bytes;
    }),
  );
}
