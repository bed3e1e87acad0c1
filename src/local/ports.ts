import { createServer } from 'node:net';
import { TripcastError } from '#errors.ts';

const TRIES = 100;

/**
 * The first free port from `wanted` on; binding is the only reliable check.
 * @throws TripcastError when 100 in a row are taken
 */
export async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < Math.min(wanted + TRIES, 65_536); port++) {
    if (await canBind(port)) return port;
  }
  throw new TripcastError(
    `No port from ${wanted} to ${wanted + TRIES - 1} is free on 127.0.0.1`,
    'Stop what listens there, or name another port.',
  );
}

/** Whether this process could listen on 127.0.0.1:port now. */
export function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
