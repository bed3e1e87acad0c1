import { once } from 'node:events';
import type { Server } from 'node:http';
import { TripcastError } from '#errors.ts';
import { freePort } from '#local/ports.ts';

const USUAL_PORT = 8000;

/**
 * Has a server listen on 127.0.0.1.
 * @param chosen defaults to {@link USUAL_PORT}, or the next free one
 * @returns the port, which the system chooses for 0
 */
export async function listen(server: Server, chosen?: number): Promise<number> {
  const wanted = chosen ?? (await freePort(USUAL_PORT));
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    const why = REFUSALS[cause.code ?? ''] ?? cause.message;
    throw new TripcastError(
      `Port ${wanted} on 127.0.0.1 cannot be used: ${why}`,
      'Give another one with --port; --port 0 takes any that is free.',
      { cause },
    );
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : wanted;
}

const REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process is listening there',
  EACCES: 'this user is not allowed to listen there',
};
