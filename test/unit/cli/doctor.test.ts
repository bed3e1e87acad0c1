import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { aCloneWith } from '../../support/a-clone.ts';
import { differences } from '../../support/documented-keys.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Lambda's answers of an account, with what its functions have reserved. Any other request is a mistake. */
async function anAccount(concurrency: number, reserved: Readonly<Record<string, number>> = {}): Promise<string> {
  const taken = Object.values(reserved).reduce((sum, each) => sum + each, 0);
  const limits = { ConcurrentExecutions: concurrency, UnreservedConcurrentExecutions: concurrency - taken };
  const server = createServer(({ method, url = '' }, answer) => {
    const [, name] = /^\/2019-09-30\/functions\/(.+)\/concurrency$/.exec(url) ?? [];
    if (method === 'GET' && url === '/2016-08-19/account-settings')
      answer.end(JSON.stringify({ AccountLimit: limits }));
    else if (method === 'GET' && name !== undefined && name in reserved) {
      answer.end(JSON.stringify({ ReservedConcurrentExecutions: reserved[name] }));
    } else {
      const type = name === undefined ? 'InvalidRequestContentException' : 'ResourceNotFoundException';
      answer.writeHead(404, { 'x-amzn-errortype': type }).end('{}');
    }
  });
  onTestFinished(() => void server.close());
  return listening(server);
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Ended {
  readonly code: number;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly found: string;
    readonly fix?: string;
  }[];
}

/** `tripcast doctor` of an environment that is env/prod.json with these changes. The account is where AWS's own file says. */
async function doctor(changes: object, endpointUrl: string): Promise<Ended> {
  const root = aCloneWith({ qa: changes });
  const file = join(temporaryFolder(), 'aws-config');
  writeFileSync(file, `[default]\nendpoint_url = ${endpointUrl}\naws_access_key_id = a\naws_secret_access_key = b\n`);
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    AWS_CONFIG_FILE: file,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
  const command = [join(root, 'bin/tripcast.ts'), 'doctor', '--env', 'qa', '--json'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, command, { env }, (error, out, err) => {
      if (out === '') reject(new Error(err));
      else resolve({ code: Number(error?.code ?? 0), checks: JSON.parse(out).checks });
    });
  });
}

const called = ({ checks }: Ended, name: string) => checks.find((check) => check.name === name);

describe('tripcast doctor of an environment on AWS', { timeout: 60_000 }, () => {
  const reservedConcurrency = { 'stream-score': 2, predict: 20 };

  test('says what to raise in a new account, which a deploy without reservations does without', async () => {
    const ended = await doctor({}, await anAccount(10));
    expect(called(ended, 'Lambda memory')).toMatchObject({ ok: true });
    expect(called(ended, 'Lambda concurrency')).toMatchObject({
      ok: true,
      found: expect.stringContaining('10 calls at a time; env/qa.json can ask for 212'),
      advice: expect.stringContaining('--quota-code L-B99A9384'),
    });
    expect(called(ended, 'Lambda reservations')).toBeUndefined();
  });

  test('ends with 1 for a reservation that the account cannot give', async () => {
    const ended = await doctor({ reservedConcurrency }, await anAccount(10));
    expect(called(ended, 'Lambda reservations')).toMatchObject({
      ok: false,
      found: '22 wanted, but only 0 can be reserved: 10 of 10 must stay unreserved',
      fix: expect.stringContaining('lower reservedConcurrency in env/qa.json'),
    });
    expect(ended.code).toBe(1);
    expect(differences('doctor', { ok: false, checks: ended.checks })).toEqual([]);
  });

  test('does not count twice what a deploy before has reserved', async () => {
    const account = await anAccount(32, { 'tripcast-qa-stream-score': 2, 'tripcast-qa-predict': 20 });
    expect(called(await doctor({ reservedConcurrency }, account), 'Lambda reservations')).toMatchObject({ ok: true });
  });
});
