import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { train } from '#cli/commands/train.ts';
import { CLONE } from '#setup/paths.mjs';
import { aLocalTraining } from '../../support/a-local-training.ts';
import { silentTerminal } from '../../support/silent-terminal.ts';

const COMMAND = join(CLONE, 'bin/tripcast.ts');
const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8', timeout: 30_000 });

let folder: string;
let model: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tripcast-trained-'));
  await train(aLocalTraining(folder), silentTerminal());
  model = join(folder, 'model.onnx');
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function aTakenPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' ? String(address?.port) : expect.fail('It has no port.');
}

describe('tripcast serve', { timeout: 60_000 }, () => {
  test('--port 0 takes any free port, and says which', async () => {
    const args = [COMMAND, 'serve', '--model', model, '--port', '0', '--json'];
    const serve = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void serve.kill('SIGKILL'));
    const [line = ''] = await once(createInterface({ input: serve.stdout }), 'line');
    const { url }: { readonly url: string } = JSON.parse(line);
    expect(Number(new URL(url).port)).toBeGreaterThan(1023);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    serve.kill('SIGHUP');
    expect(await once(serve, 'exit')).toEqual([0, null]);
  });

  test('a port that is taken is an error that names it', async () => {
    const port = await aTakenPort();
    const { status, stdout, stderr } = run('serve', '--model', model, '--port', port);
    expect(stderr).toBe(
      `tripcast: Port ${port} on 127.0.0.1 cannot be used: another process is listening there. Give another one with --port; --port 0 takes any that is free.\n`,
    );
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });

  test.each(['99999', '65536', '-1', '8000.5', 'http'])('--port %s is wrong usage', (port) => {
    const { status, stdout, stderr } = run('serve', '--port', port);
    expect(stderr).toContain(`tripcast: --port: "${port}" is not a whole number from 0 to 65535`);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});
