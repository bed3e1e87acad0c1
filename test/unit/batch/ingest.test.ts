import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DuckDB } from '#adapters/duckdb.ts';
import { tlcSource } from '#adapters/tlc-source.ts';
import { type IngestDeps, ingestMonth, readRawFacts, type TlcSource } from '#batch/ingest.ts';
import { systemClock } from '#clock.ts';
import { dataKeys } from '#storage/layout.ts';
import { sha256 } from '#storage/sha256.ts';
import { parseMonth } from '#trips/month.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth, writeMonth } from '../../support/tlc-files.ts';
import { sendFile, serverOf } from '../../support/tlc-server.ts';

const APRIL = parseMonth('2023-04');
const FILE = 'green_tripdata_2023-04.parquet';
const FOLDER = join(realMonth('2023-04'), '..');

async function ingest(
  source: TlcSource,
  data = new MemoryStore('data'),
  more: Pick<IngestDeps, 'refresh' | 'onProgress'> = {},
) {
  const folder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: folder });
  const outcome = await ingestMonth('green', APRIL, {
    data,
    source,
    database,
    workFolder: folder,
    clock: systemClock,
    ...more,
  });
  return { outcome, data, left: await readdir(folder) };
}

const refresh = { refresh: true };

describe('ingesting a month', () => {
  test('keeps its bytes and writes down what it is', async () => {
    const { outcome, data } = await ingest(tlcSource(FOLDER));
    const bytes = await readFile(realMonth('2023-04'));
    expect(outcome).toMatchObject({
      outcome: 'ingested',
      facts: { rows: 65_392, sha256: sha256(bytes), bytes: bytes.length },
    });
    expect(Buffer.from(data.objects.get(dataKeys.raw('green', APRIL)) ?? []).equals(bytes)).toBe(true);
    expect((await readRawFacts(data, 'green', APRIL))?.columns).toContainEqual({
      name: 'PULocationID',
      type: 'INTEGER',
    });
  });

  test('is done once', async () => {
    const { data } = await ingest(tlcSource(FOLDER));
    const never: TlcSource = { name: 'nowhere', fetch: () => Promise.reject(new Error('was asked')) };
    expect((await ingest(never, data)).outcome).toMatchObject({ outcome: 'already-there', facts: { rows: 65_392 } });
  });

  test('of a folder without the file is "not published"', async () => {
    expect((await ingest(tlcSource(temporaryFolder()))).outcome).toMatchObject({
      outcome: 'not-published',
      note: expect.stringContaining(FILE),
    });
  });

  test('refuses what is not a month file, and stores nothing', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, FILE), '<html>Access denied</html>');
    const { outcome, data } = await ingest(tlcSource(folder));
    expect(outcome).toMatchObject({
      outcome: 'refused',
      note: expect.stringContaining(`${FILE}: The file is not readable`),
    });
    await writeMonth(join(folder, FILE), [{}], { DOLocationID: null });
    expect((await ingest(tlcSource(folder))).outcome).toMatchObject({ note: expect.stringContaining('DOLocationID') });
    expect(data.objects.size).toBe(0);
  });
});

describe('a source that asks for a name and password', () => {
  test('gets those of its address, which are written and said nowhere', async () => {
    const body = await readFile(realMonth('2023-04'));
    const heard: (string | undefined)[] = [];
    const address = await serverOf((request, response) => {
      heard.push(request.headers.authorization);
      sendFile(request, response, body);
    });
    const source = tlcSource(address.replace('http://', 'http://ana:s3%40cret@'));
    const { outcome, data } = await ingest(source);
    expect(heard).toEqual([`Basic ${Buffer.from('ana:s3@cret').toString('base64')}`]);
    expect(outcome).toMatchObject({ outcome: 'ingested', facts: { source: address } });
    expect((await ingest(source, data, refresh)).outcome.outcome).toBe('already-there');
    for (const [key, value] of data.objects) {
      if (key.endsWith('.json')) expect(Buffer.from(value).toString()).not.toMatch(/cret/);
    }
  });

  test('that has no such month, or refuses, is named without the password', async () => {
    for (const status of [403, 401]) {
      const address = await serverOf((_, response) => void response.writeHead(status).end());
      const told = await ingest(tlcSource(address.replace('http://', 'http://ana:s3cret@'))).then(
        ({ outcome }) => JSON.stringify(outcome),
        (error: Error) => error.message,
      );
      expect(told).toContain(address);
      expect(told).not.toMatch(/s3cret/);
    }
  });

  test('and sends on to another server does not hand the password on', async () => {
    const heard: (string | undefined)[] = [];
    const other = await serverOf((request, response) => {
      heard.push(request.headers.authorization);
      response.writeHead(403).end();
    });
    const address = await serverOf((_, response) => void response.writeHead(302, { location: other }).end());
    await ingest(tlcSource(address.replace('http://', 'http://ana:s3cret@')));
    expect(heard).toEqual([undefined]);
  });
});

describe('asking again for a month that is there', () => {
  const months = async () => {
    const [april, march] = await Promise.all([readFile(realMonth('2023-04')), readFile(realMonth('2023-03'))]);
    return { april, march };
  };

  test('replaces what was published anew, and says what that supersedes', async () => {
    const { april, march } = await months();
    let [body, etag] = [march, '"1"'];
    const source = tlcSource(await serverOf((request, response) => sendFile(request, response, body, etag)));
    const { data } = await ingest(source);
    expect((await ingest(source, data)).outcome).toMatchObject({ outcome: 'already-there' });

    [body, etag] = [april, '"2"'];
    expect((await ingest(source, data, refresh)).outcome).toMatchObject({
      outcome: 'replaced',
      facts: { sha256: sha256(april), supersedes: sha256(march), rows: 65_392, etag: '"2"' },
    });
    expect(Buffer.from(data.objects.get(dataKeys.raw('green', APRIL)) ?? []).equals(april)).toBe(true);
  });

  test('costs one question when its ETag is the same, and no more than a look from a folder', async () => {
    const { april } = await months();
    const statuses: number[] = [];
    const source = await serverOf((request, response) => {
      response.on('finish', () => statuses.push(response.statusCode));
      sendFile(request, response, april);
    });
    const { data } = await ingest(tlcSource(source));
    expect((await ingest(tlcSource(source), data, refresh)).outcome).toMatchObject({ outcome: 'already-there' });
    expect(statuses).toEqual([200, 304]);
    expect((await ingest(tlcSource(FOLDER), data, refresh)).outcome).toMatchObject({
      outcome: 'already-there',
      facts: { source },
    });
  });

  test('keeps what is there when the source has it no longer, or has something worse', async () => {
    const { data } = await ingest(tlcSource(FOLDER));
    const before = new Map(data.objects);
    const empty = temporaryFolder();
    expect((await ingest(tlcSource(empty), data, refresh)).outcome).toMatchObject({ outcome: 'already-there' });
    await writeFile(join(empty, FILE), '<html>Access denied</html>');
    expect((await ingest(tlcSource(empty), data, refresh)).outcome).toMatchObject({ outcome: 'refused' });
    expect(data.objects).toEqual(before);
  });
});

describe('ingesting from the web', () => {
  test('requests the file by name, reports progress, and leaves nothing on this machine', async () => {
    const body = await readFile(realMonth('2023-04'));
    const source = await serverOf((request, response) =>
      request.url === `/trip-data/${FILE}` ? sendFile(request, response, body) : response.end('no'),
    );
    const told: string[] = [];
    const onProgress = (bytes: number, of: number | undefined) => told.push(`${bytes} of ${of}`);
    const { outcome, left } = await ingest(tlcSource(source), new MemoryStore(), { onProgress });
    expect(outcome).toMatchObject({ outcome: 'ingested', facts: { sha256: sha256(body), source } });
    expect(told.at(-1)).toBe(`${body.length} of ${body.length}`);
    expect(left).toEqual([]);
  });

  test.each([403, 404])('takes %d as "not published"', async (status) => {
    const source = await serverOf((_, response) => response.writeHead(status).end('<Error/>'));
    expect((await ingest(tlcSource(source))).outcome.outcome).toBe('not-published');
  });

  test('refuses a page that comes in place of the file', async () => {
    const source = await serverOf((_, response) => response.end('<html>We will be back soon</html>'));
    expect((await ingest(tlcSource(source))).outcome).toMatchObject({ outcome: 'refused' });
  });
});
