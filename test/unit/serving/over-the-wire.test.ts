import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { consoleRoutes } from '#serving/console.ts';
import { consoleData } from '#serving/console-data.ts';
import { anApiWithRecords, listening } from '../../support/an-api.ts';

// What no well-behaved client sends, byte by byte: the clients of the other tests tidy up paths and headers first.

const PAGE = new Map([['index.html', new TextEncoder().encode('<!doctype html>')]]);

async function aServer() {
  const { app, complaints } = await anApiWithRecords();
  app.route(
    '/',
    consoleRoutes(async () => PAGE),
  );
  app.route('/', consoleData({}));
  const url = new URL(await listening(app));
  /** @returns the whole answer */
  const send = async (...lines: readonly string[]): Promise<string> => {
    const socket = connect(Number(url.port), url.hostname);
    await once(socket, 'connect');
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return await text(socket);
  };
  return { send, complaints };
}

const CLOSE = ['Host: 127.0.0.1', 'Connection: close'];
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);

describe('a path that leads elsewhere', () => {
  test.each([
    '/assets/../../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/docs/../../package.json',
    '/docs/..%5c..%5cpackage.json',
    '/assets/..%c0%af..%c0%afetc/passwd',
    '//etc/passwd',
    '/assets/%00',
    '/assets/%',
    '/%zz',
    '\\..\\package.json',
    'http://elsewhere.example/assets/../../package.json',
    'file:///etc/passwd',
    '*',
  ])('%s leads nowhere', async (path) => {
    const { send, complaints } = await aServer();
    const answer = await send(`GET ${path} HTTP/1.1`, ...CLOSE);
    expect([400, 404]).toContain(statusOf(answer));
    expect(answer).not.toMatch(/dependencies|root:/);
    expect(complaints).toEqual([]);
  });
});

describe('what a request says', () => {
  test.each([
    ['GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1'],
    ['GET /zones?x=%0d%0aSet-Cookie:%20a=b HTTP/1.1'],
    ['GET /zones\rSet-Cookie: a=b HTTP/1.1'],
    ['GET /predict HTTP/1.1', 'X-HTTP-Method-Override: \nSet-Cookie: a=b'],
    ['GET /health HTTP/1.1', 'Origin: https://evil.example', 'X-Forwarded-Host: evil.example'],
  ])('%j becomes no header of the answer', async (...lines) => {
    const { send, complaints } = await aServer();
    const [head = ''] = (await send(...lines, ...CLOSE)).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 (200|4\d\d) /);
    expect(head).not.toMatch(/^set-cookie|evil|^access-control/im);
    expect(complaints).toEqual([]);
  });
});

describe('a body', () => {
  const POST = ['POST /predict HTTP/1.1', ...CLOSE, 'Content-Type: application/json'];

  test('that is announced as too large is refused before it comes', async () => {
    const { send } = await aServer();
    const answer = await send(...POST, 'Content-Length: 99999999999');
    expect(statusOf(answer)).toBe(413);
    expect(answer).toContain('"error":"too-large"');
  });

  test('that comes in pieces is refused once they are too many', async () => {
    const { send } = await aServer();
    const piece = `${(8192).toString(16)}\r\n${' '.repeat(8192)}\r\n`;
    expect(statusOf(await send(...POST, 'Transfer-Encoding: chunked', '', piece.repeat(10)))).toBe(413);
  });

  test.each([
    ['with two lengths', ['Content-Length: 5', 'Content-Length: 7', '', '{}   ']],
    ['with a length and in pieces', ['Content-Length: 5', 'Transfer-Encoding: chunked', '', '0']],
    ['with a negative length', ['Content-Length: -1']],
  ])('%s is not read as two requests', async (_, lines) => {
    const { send, complaints } = await aServer();
    const answer = await send(...POST, ...lines);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(statusOf(answer)).toBe(400);
    expect(complaints).toEqual([]);
  });

  test('is not waited for when the headers are endless', async () => {
    const { send } = await aServer();
    expect(statusOf(await send('GET /health HTTP/1.1', ...CLOSE, `X-Long: ${'x'.repeat(20_000)}`))).toBe(431);
  });
});
