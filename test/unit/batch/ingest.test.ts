import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DuckDB } from '../../../src/adapters/duckdb.ts';
import { tlcSource } from '../../../src/adapters/tlc-source.ts';
import { ingestMonth, readRawFacts, type TlcSource } from '../../../src/batch/ingest.ts';
import { dataKeys } from '../../../src/storage/layout.ts';
import { sha256 } from '../../../src/storage/sha256.ts';
import { parseMonth } from '../../../src/trips/month.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth, writeMonth } from '../../support/tlc-files.ts';

const APRIL = parseMonth('2023-04');
const FILE = 'green_tripdata_2023-04.parquet';
const FOLDER = join(realMonth('2023-04'), '..');

async function ingest(source: TlcSource, data = new MemoryStore('data')) {
  const folder = temporaryFolder();
  await using database = await DuckDB.open({ tempDirectory: folder });
  const outcome = await ingestMonth('green', APRIL, {
    data,
    source,
    database,
    workFolder: folder,
    now: () => new Date(),
  });
  return { outcome, data };
}

async function serverOf(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/trip-data`;
}

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

  test('refuses what is no month file, and stores nothing', async () => {
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

describe('ingesting from the web', () => {
  test('asks for the file by its name', async () => {
    const body = await readFile(realMonth('2023-04'));
    const source = await serverOf((request, response) =>
      response.end(request.url === `/trip-data/${FILE}` ? body : 'no'),
    );
    expect((await ingest(tlcSource(source))).outcome).toMatchObject({
      outcome: 'ingested',
      facts: { sha256: sha256(body) },
    });
  });

  test.each([403, 404])('takes %d as "not published"', async (status) => {
    const source = await serverOf((_, response) => response.writeHead(status).end('<Error/>'));
    expect((await ingest(tlcSource(source))).outcome.outcome).toBe('not-published');
  });

  test('tries again when the server fails, and when the body is cut short', async () => {
    const body = await readFile(realMonth('2023-04'));
    let asked = 0;
    const source = await serverOf((_, response) => {
      asked += 1;
      if (asked === 1) return void response.writeHead(503).end();
      if (asked > 2) return void response.end(body);
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 1000), () => response.destroy());
    });
    expect((await ingest(tlcSource(source))).outcome).toMatchObject({
      outcome: 'ingested',
      facts: { sha256: sha256(body) },
    });
    expect(asked).toBe(3);
  });
});
