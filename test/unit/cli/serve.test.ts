import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { FolderStore } from '#adapters/folder-store.ts';
import { train } from '#cli/commands/train.ts';
import { loadConfig } from '#lib/config/load.ts';
import { Registry } from '#registry/registry.ts';
import { CLONE } from '#setup/paths.mjs';
import { aLocalTraining } from '../../support/a-local-training.ts';
import { leaveScored } from '../../support/a-receipt.ts';
import { aRun } from '../../support/a-run.ts';
import { trainedRun } from '../../support/deployed.ts';
import { silentTerminal } from '../../support/silent-terminal.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

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

  test('--folder serves the champion of copied buckets, with what they have on record', async () => {
    const copies = temporaryFolder();
    const registry = new Registry(new FolderStore(join(copies, 'models')), loadConfig('dev').model);
    const files = await trainedRun(aRun('c'));
    await registry.register(files);
    await registry.promote(files.card.run_id, 'ada', new Date('2023-05-01T00:00:00Z'));
    await leaveScored(new FolderStore(join(copies, 'data')), aRun('c'));

    const args = [COMMAND, 'serve', '--folder', copies, '--port', '0', '--json'];
    const env = { ...process.env, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }; // nothing answers there
    const serve = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
    onTestFinished(() => void serve.kill('SIGKILL'));
    const [line = ''] = await once(createInterface({ input: serve.stdout }), 'line');
    const { url, model_version }: { readonly url: string; readonly model_version: string } = JSON.parse(line);
    expect(model_version).toBe(aRun('c'));
    const read = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).json();
    expect(await read('/models/history')).toMatchObject({ promotions: [{ run_id: aRun('c'), promoted_by: 'ada' }] });
    expect(await read('/months')).toMatchObject({ months: [{ month: '2023-04', rows_scored: 62_979 }] });
    const file = await fetch(`${url}/models/${aRun('c')}/model.onnx`);
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(new Uint8Array(files.model));
    expect((await fetch(`${url}/stream/latest`)).status).toBe(404);
  });

  test('--folder without models is an error that says how to copy them', () => {
    const { status, stderr } = run('serve', '--folder', 'nowhere');
    expect(status).toBe(1);
    expect(stderr).toMatch(/There is no folder nowhere.models\. Copy the buckets there: `aws s3 sync /);
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
