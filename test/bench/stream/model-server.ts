import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface ModelServer {
  readonly url: string;
  /** From the first request since the last call to the end of the last answer. */
  readonly fetchMilliseconds: () => number;
  readonly close: () => void;
}

/** A bucket of one model folder on 127.0.0.1, so that a cold start fetches through the real client but waits for no network. */
export async function serveModel(folder: string): Promise<ModelServer> {
  let [first, last] = [Number.NaN, Number.NaN];
  const server = createServer((request, response) => {
    if (Number.isNaN(first)) first = performance.now();
    const name = String(request.url).split('?')[0]?.split('/').at(-1) ?? '';
    response.writeHead(200, { etag: '"model"' }).end(readFileSync(join(folder, name)), () => {
      last = performance.now();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    fetchMilliseconds() {
      const took = last - first;
      [first, last] = [Number.NaN, Number.NaN];
      return took;
    },
    close: () => server.close(),
  };
}
