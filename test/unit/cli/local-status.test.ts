import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { writeEnvironment } from '#local/environment.ts';
import { CLONE } from '#setup/paths.mjs';
import { processStart, thisProcess } from '#setup/processes.mjs';
import { expectDocumented } from '../../support/json-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function tripcast(local: string, ...words: readonly string[]) {
  const env = { ...process.env, TRIPCAST_LOCAL: local };
  const child = spawn(process.execPath, [join(CLONE, 'bin/tripcast.ts'), ...words], { env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  const [code] = await once(child, 'close');
  return { code, out, err };
}

function anEnvironment(local: string, port: number, process: { readonly pid: number; readonly start: string }): void {
  const logFile = join(local, `emulator-${port}.log`);
  const home = join(local, `emulator-${port}`);
  mkdirSync(home);
  writeFileSync(logFile, '');
  const startedAt = '2026-11-21T11:00:00.000Z';
  const environment = { endpointUrl: `http://127.0.0.1:${port}`, port, process, startedAt, logFile, home };
  writeEnvironment(environment, join(local, 'environment.json'));
}

/** A port on which connections are taken and nothing is ever said. */
async function aSilentPort(): Promise<number> {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : expect.fail('It has no port.');
}

describe('tripcast status', { timeout: 30_000 }, () => {
  test('of an emulator that ended by itself says so, and where its log is', async () => {
    const local = temporaryFolder();
    anEnvironment(local, 4999, { pid: process.pid, start: 'long ago' });
    const log = join(local, 'emulator-4999.log');
    expect(await tripcast(local, 'status')).toEqual({
      code: 0,
      out: `The local environment is not up: its emulator at http://127.0.0.1:4999 has stopped, and its data is lost. Start it with \`npx tripcast up\`.\nIts log is ${log}.\n`,
      err: '',
    });
    const ended = await tripcast(local, 'status', '--json');
    expectDocumented('status', ended);
    expect(JSON.parse(ended.out)).toMatchObject({ up: false, ended: { port: 4999 } });
    expect((await tripcast(local, 'down')).out).toBe('Nothing was running.\n');
    expect((await tripcast(local, 'status')).out).toBe(
      'The local environment is not up. Start it with `npx tripcast up`.\n',
    );
  });

  test('of an emulator that hangs says how to start it again', async () => {
    const local = temporaryFolder();
    const port = await aSilentPort();
    anEnvironment(local, port, thisProcess());
    const { code, out, err } = await tripcast(local, 'status');
    expect(out).toBe(
      `The emulator at http://127.0.0.1:${port} is running (process ${process.pid}) but does not answer.\nStart it again with \`npx tripcast down\` and \`npx tripcast up\`.\nIts log is ${join(local, `emulator-${port}.log`)}.\n`,
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  test('and every other command pass over a damaged environment file', async () => {
    const local = temporaryFolder();
    for (const command of ['status', 'down', 'doctor']) {
      writeFileSync(join(local, 'environment.json'), '{"endpoint');
      const { code, err } = await tripcast(local, command);
      expect(err).toMatch(/^tripcast: .*environment\.json was damaged and has been discarded\. .*\n$/);
      expect(code).toBe(0);
    }
  });
});

test('down leaves a process alone that has the pid of an emulator which ended', async () => {
  const local = temporaryFolder();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
  onTestFinished(() => void child.kill('SIGKILL'));
  const pid = child.pid ?? 0;
  anEnvironment(local, 4999, { pid, start: 'long ago' });
  expect(await tripcast(local, 'down')).toEqual({ code: 0, out: 'Nothing was running.\n', err: '' });
  expect(processStart(pid)).toBeDefined();
});
