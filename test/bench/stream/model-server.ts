import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A bucket of one model folder on 127.0.0.1, so that a cold start fetches through the real client but waits for no network. */
export async function serveModel(folder: string): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    const name = String(request.url).split('?')[0]?.split('/').at(-1) ?? '';
    response.writeHead(200, { etag: '"model"' }).end(readFileSync(join(folder, name)));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
