import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { canBind, freePort } from '#local/ports.ts';

/** Listens on the first free port from `from` on. */
async function aTakenPort(from: number, host: string): Promise<number> {
  const port = await freePort(from);
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return port;
}

test('a free port is taken as it is', async () => {
  const port = await freePort(47_100);
  expect(await canBind(port)).toBe(true);
  expect(await freePort(port)).toBe(port);
});

test.each(['127.0.0.1', '0.0.0.0'])('a port in use at %s moves to a later one', async (host) => {
  const taken = await aTakenPort(47_300, host);
  expect(await canBind(taken)).toBe(false);
  expect(await freePort(taken)).toBeGreaterThan(taken);
});

test('the last port has no later one, and the message says so', async () => {
  await expect(freePort(65_536)).rejects.toThrow(/No port from 65536.*name another port/);
});
