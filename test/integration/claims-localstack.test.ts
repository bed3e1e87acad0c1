import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { S3Store } from '#adapters/s3.ts';
import { loadConfig } from '#lib/config/load.ts';
import { bucketNames } from '#lib/config/names.ts';
import { RECORDED } from '../support/localstack-health.ts';
import { type NewAccount, newAccount } from '../support/new-account.ts';

// This shows the way of the commands, not what LocalStack does: `npm run test:localstack` shows that.

let account: NewAccount;
beforeAll(async () => {
  account = await newAccount('claims-localstack');
});
afterAll(() => account.close());

/** The emulator behind LocalStack's health answer. */
async function disguised(): Promise<string> {
  const { hostname, port } = new URL(account.endpointUrl);
  const server = createServer((asked, answer) => {
    if (asked.url === '/_localstack/health') {
      answer.writeHead(200, { 'x-localstack': 'true' }).end(JSON.stringify(RECORDED));
      return;
    }
    const { method, headers, url: path } = asked;
    const passedOn = request({ hostname, port, method, headers, path }, (found) => {
      found.pipe(answer.writeHead(found.statusCode ?? 500, found.headers));
    });
    asked.pipe(passedOn);
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a dev stack is deployed to something that claims to be LocalStack after a list of what LocalStack lacks, and is deleted with the contents of its buckets', async () => {
  const { home, run, s3 } = account;
  const there = { TRIPCAST_LOCAL: join(home, 'there') }; // apart from the emulator's: `down` stops what is in its folder
  const up = await run(`npx tripcast up --emulator localstack --endpoint ${await disguised()}`, there);
  expect(up.code, up.said).toBe(0);
  expect(up.said).toMatch(/does not run HTTP APIs.*schedules never fire.*stack deployed.*rll-models-dev/s);

  const dev = loadConfig('dev');
  const client = s3('test', dev.region);
  const { models } = bucketNames(dev, '000000000000');
  for (const body of ['one version', 'and another']) await new S3Store(models, client).put('runs/model.onnx', body);
  const destroyed = await run('npx tripcast destroy --yes --json', there);
  expect(destroyed.code, destroyed.said).toBe(0);
  expect(destroyed.said).toContain('{"bucket":"rll-models-dev","objects":2}');
  await expect(client.send(new HeadBucketCommand({ Bucket: models }))).rejects.toMatchObject({ name: 'NotFound' });

  expect((await run('npx tripcast down', there)).said).toContain('keeps running; commands no longer go there');
  const gone = await run('npx tripcast models list', there);
  expect(gone).toMatchObject({ code: 1, said: expect.stringContaining('The local environment is not up') });
});
