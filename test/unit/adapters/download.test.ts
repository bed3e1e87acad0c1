import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { download } from '#adapters/download.ts';
import { TransientError, TripcastError } from '#errors.ts';
import { freePort } from '#local/ports.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { ETAG, sendFile, serverOf } from '../../support/tlc-server.ts';

const BODY = randomBytes(300_000);

/** Answers a question; `came` waits until so many bytes of the file are on this side. */
type Answer = (request: IncomingMessage, response: ServerResponse, came: (bytes: number) => Promise<void>) => void;

/** Downloads from a server that answers each question with the next of these, and the last of them from then on. */
async function from(...answers: readonly Answer[]) {
  const asked: IncomingMessage['headers'][] = [];
  let there = 0;
  const came = async (bytes: number) => {
    while (there < bytes) await setTimeout(2);
  };
  const url = await serverOf((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(request.headers);
    answer?.(request, response, came);
  });
  const folder = temporaryFolder();
  const path = join(folder, 'month.parquet');
  const clock = new ManualClock();
  const onProgress = (bytes: number) => {
    there = bytes;
  };
  const fetch = (silenceMs = 10_000) => download(url, path, { clock, onProgress, silenceMs });
  return { asked, clock, fetch, folder, bytes: () => readFile(path), left: () => readdir(folder) };
}

const whole = (request: IncomingMessage, response: ServerResponse) => sendFile(request, response, BODY);
const status = (code: number) => (_: IncomingMessage, response: ServerResponse) => void response.writeHead(code).end();

/** Speaks of the whole body, sends some of it, and hangs up once that has come. */
const cutAt =
  (bytes: number, etag = ETAG): Answer =>
  async (_, response, came) => {
    response.writeHead(200, { 'content-length': BODY.length, etag });
    response.write(BODY.subarray(0, bytes));
    await came(bytes);
    response.destroy();
  };

describe('a download', () => {
  test('that is cut short continues where it stopped', async () => {
    const { fetch, asked, bytes, left } = await from(cutAt(100_000), whole);
    expect(await fetch()).toEqual({ outcome: 'fetched', etag: ETAG });
    expect(asked[1]).toMatchObject({ range: 'bytes=100000-', 'if-range': ETAG });
    expect((await bytes()).equals(BODY)).toBe(true);
    expect(await left()).toEqual(['month.parquet']);
  });

  test('continues in another process too', async () => {
    const { fetch, asked, bytes } = await from(cutAt(100_000), status(401), whole);
    await expect(fetch()).rejects.toThrow('answered 401');
    await fetch();
    expect(asked[2]).toMatchObject({ range: 'bytes=100000-', 'if-range': ETAG });
    expect((await bytes()).equals(BODY)).toBe(true);
  });

  test('leaves no password behind', async () => {
    const url = await serverOf((request, response) => void cutAt(100_000)(request, response, async () => {}));
    const folder = temporaryFolder();
    const clock = new ManualClock();
    const fetch = download(url.replace('http://', 'http://ana:s3cret@'), join(folder, 'month.parquet'), { clock });
    await expect(fetch).rejects.toThrow(`${url} could not be fetched`);
    const note = await readFile(join(folder, 'month.parquet.partial.json'), 'utf8');
    expect(JSON.parse(note)).toEqual({ url, etag: ETAG });
  });

  test('starts over when the file was republished in the meantime, or has no ETag', async () => {
    const anew = (request: IncomingMessage, response: ServerResponse) =>
      sendFile(request, response, BODY, '"the-second-edition"');
    const changed = await from(cutAt(100_000), anew);
    expect(await changed.fetch()).toEqual({ outcome: 'fetched', etag: '"the-second-edition"' });
    expect((await changed.bytes()).equals(BODY)).toBe(true);

    const weak = await from(cutAt(100_000, 'W/"1"'), whole);
    await weak.fetch();
    expect(weak.asked[1]).not.toHaveProperty('range');
    expect((await weak.bytes()).equals(BODY)).toBe(true);
  });

  test.each([
    ['empty, as a full disk leaves it', ''],
    ['cut short', '{"url":"http://127'],
    ['something else', '{"etag":7}'],
  ])('starts over when the record of what has arrived is %s', async (_, note) => {
    const { fetch, asked, bytes, left, folder } = await from(whole);
    await writeFile(join(folder, 'month.parquet.partial'), 'some bytes of it');
    await writeFile(join(folder, 'month.parquet.partial.json'), note);
    expect(await fetch()).toEqual({ outcome: 'fetched', etag: ETAG });
    expect(asked[0]).not.toHaveProperty('range');
    expect((await bytes()).equals(BODY)).toBe(true);
    expect(await left()).toEqual(['month.parquet']);
  });

  test('has its record whole or not at all: what cannot be written does not get its name', async () => {
    const { fetch, left } = await from(cutAt(100_000), status(400));
    await expect(fetch()).rejects.toThrow('answered 400');
    expect(await left()).toEqual(['month.parquet.partial', 'month.parquet.partial.json']);

    // A disk that is full while the note is written: every write to this device finds no space left.
    const full = await from(whole);
    await symlink('/dev/full', join(full.folder, 'month.parquet.partial.json.new'));
    await expect(full.fetch()).rejects.toThrow('ENOSPC');
    expect(await full.left()).toEqual([]);
    await full.fetch();
    expect((await full.bytes()).equals(BODY)).toBe(true);
  });

  test('starts over when the server has no such range, or sends another one', async () => {
    const otherRange = (_: IncomingMessage, response: ServerResponse) =>
      void response.writeHead(206, { 'content-range': `bytes 5-9/${BODY.length}`, etag: ETAG }).end('56789');
    const { fetch, bytes, asked } = await from(cutAt(100_000), otherRange, status(416), whole);
    await fetch();
    expect((await bytes()).equals(BODY)).toBe(true);
    expect(asked.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=100000-', undefined]);
  });

  test('that ends cleanly with fewer bytes than announced is not taken as complete', async () => {
    const lies = (_: IncomingMessage, response: ServerResponse) => {
      response.socket?.end(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\nConnection: close\r\n\r\nonly this`);
    };
    const { fetch, bytes, clock } = await from(lies, whole);
    await fetch();
    expect((await bytes()).equals(BODY)).toBe(true);
    expect(clock.sleeps).toHaveLength(1);
  });

  test('waits longer each time while the server fails, and gives up after two minutes', async () => {
    const { fetch, clock, left } = await from(status(503));
    await expect(fetch()).rejects.toThrow(TransientError);
    expect(clock.sleeps[0]).toBeLessThanOrEqual(500);
    expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(20_000);
    expect(Math.max(...clock.sleeps)).toBeGreaterThan(5000);
    const waited = clock.sleeps.reduce((sum, each) => sum + each, 0);
    expect(waited).toBeGreaterThan(100_000);
    expect(waited).toBeLessThanOrEqual(120_000);
    expect(await left()).toEqual([]);
  });

  test('gets two more minutes whenever it makes progress', async () => {
    const drops: Answer = async (request, response, came) => {
      const done = Number(/\d+/.exec(request.headers.range ?? '0'));
      const until = Math.min(done + 100_000, BODY.length);
      response.writeHead(done === 0 ? 200 : 206, {
        etag: ETAG,
        'content-length': BODY.length - done,
        'content-range': `bytes ${done}-${BODY.length - 1}/${BODY.length}`,
      });
      response.write(BODY.subarray(done, until));
      await came(until);
      if (until === BODY.length) response.end();
      else response.destroy();
    };
    const { fetch, bytes, clock } = await from(drops);
    await fetch();
    expect((await bytes()).equals(BODY)).toBe(true);
    expect(clock.sleeps).toHaveLength(2);
    expect(clock.sleeps[1]).toBeLessThanOrEqual(500); // not the second wait in a row
  });

  test('whose rest comes in smaller parts than requested is not taken as complete before the last', async () => {
    const inParts = (request: IncomingMessage, response: ServerResponse) => {
      const from = Number(/\d+/.exec(request.headers.range ?? '0'));
      const part = BODY.subarray(from, from + 100_000);
      const headers = { etag: ETAG, 'content-range': `bytes ${from}-${from + part.length - 1}/${BODY.length}` };
      response.writeHead(206, headers).end(part);
    };
    const { fetch, bytes, asked } = await from(cutAt(100_000), inParts);
    await fetch();
    expect((await bytes()).equals(BODY)).toBe(true);
    expect(asked.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
  });

  test('that goes silent is resumed', async () => {
    const silent: Answer = (_, response) => {
      response.writeHead(200, { etag: ETAG, 'content-length': BODY.length });
      response.write(BODY.subarray(0, 100_000));
    };
    const { fetch, bytes, asked } = await from(silent, whole);
    await fetch(500);
    expect(asked).toHaveLength(2);
    expect((await bytes()).equals(BODY)).toBe(true);
  });

  test('may take longer than a connection may be silent', async () => {
    const trickles = async (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'content-length': BODY.length });
      for (let at = 0; at < BODY.length; at += 60_000) {
        response.write(BODY.subarray(at, at + 60_000));
        await setTimeout(200);
      }
      response.end();
    };
    const { fetch, bytes, asked } = await from(trickles);
    await fetch(800);
    expect((await bytes()).equals(BODY)).toBe(true);
    expect(asked).toHaveLength(1);
  });

  test('is not retried after an answer that will not change', async () => {
    const { fetch, asked } = await from(status(400));
    await expect(fetch()).rejects.toThrow(TripcastError);
    await expect(fetch()).rejects.not.toThrow(TransientError);
    expect(asked).toHaveLength(2);
  });

  test.each([
    ['where nothing listens', async () => `127.0.0.1:${await freePort(20_000)}`, /ECONNREFUSED/],
    ['that does not exist', async () => 'no-such-host.invalid', /ENOTFOUND|EAI_AGAIN/],
  ])('from an address %s is given up within ten seconds, each wait with its reason', async (_, host, reason) => {
    const address = await host();
    const clock = new ManualClock();
    const reasons: string[] = [];
    const onRetry = (why: string) => reasons.push(why);
    const nobody = download(`http://${address}/x`, join(temporaryFolder(), 'x'), { clock, onRetry });
    await expect(nobody).rejects.toThrow(TransientError);
    await expect(nobody).rejects.toThrow(`${address} cannot be reached (fetch failed: `);
    await expect(nobody).rejects.toThrow('Check the address and the network, then try again.');
    const waited = clock.sleeps.reduce((sum, each) => sum + each, 0);
    expect(waited).toBeGreaterThan(2000);
    expect(waited).toBeLessThanOrEqual(10_000);
    expect(reasons).toHaveLength(clock.sleeps.length);
    expect(reasons[0]).toMatch(reason);
  });

  test('from a server that was there and went away gets its two minutes', async () => {
    const server = createServer((_, response) => {
      response.writeHead(503, { connection: 'close' }).end(() => server.close());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const clock = new ManualClock();
    const fetching = download(`http://127.0.0.1:${port}/x`, join(temporaryFolder(), 'x'), { clock });
    await expect(fetching).rejects.toThrow(
      /could not be fetched \(fetch failed: .*ECONNREFUSED.*\)\. Try again later\./,
    );
    expect(clock.sleeps.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(100_000);
  });
});
