import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server on this machine until the test ends. @returns the address of a folder on it */
export async function serverOf(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/trip-data`; // a TCP server has an AddressInfo
}

export const ETAG = '"the-first-edition"';

/** Answers like S3 and CloudFront: with an ETag, partial content for If-Range, and 304 for If-None-Match. */
export function sendFile(request: IncomingMessage, response: ServerResponse, body: Uint8Array, etag = ETAG): void {
  const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers;
  if (ifNoneMatch === etag) return void response.writeHead(304, { etag }).end();
  const from = ifRange === etag ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
  const part = body.subarray(from);
  const whole = { etag, 'content-length': part.length };
  if (from === 0) response.writeHead(200, whole);
  else response.writeHead(206, { ...whole, 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` });
  response.end(part);
}
