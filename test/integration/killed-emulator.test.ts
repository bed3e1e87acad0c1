import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Dirent } from 'node:fs';
import { glob, mkdtemp } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, test } from 'vitest';
import { S3Store } from '#adapters/s3.ts';
import { receiptSchema } from '#batch/receipts.ts';
import { stackName } from '#lib/config/names.ts';
import { deployStack } from '#local/deploy.ts';
import { type Emulator, signalGroup, startEmulator } from '#local/emulator.ts';
import { TEST_CREDENTIALS, writeEnvironment } from '#local/environment.ts';
import { sourcesHash } from '#packaging/sources.ts';
import { CLONE } from '#setup/paths.mjs';
import { parseS3Uri } from '#storage/layout.ts';
import { sha256 } from '#storage/sha256.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// An emulator of its own, which keeps its objects on disk as it writes them; everything else of it is gone when it is
// killed. A fresh one gets the stack anew, and then those objects: it does not let a stack take over buckets.

const MONTHS = ['--from', '2022-02', '--to', '2022-05'];
const SLOW = 300_000;
let emulator: Emulator | undefined;

afterEach(() => emulator?.stop());

test('a backfill whose emulator is killed under it is completed by the next one, and no month is scored twice', {
  timeout: SLOW,
}, async () => {
  const dir = temporaryFolder();
  const tripcast = commandsIn(dir);
  await start(dir);
  expect((await tripcast('ingest', '--source', join(CLONE, 'data/tlc'), ...MONTHS).ended).code).toBe(0);
  expect(
    (await tripcast('ingest', '--source', join(CLONE, 'data/tlc'), '--from', '2023-03', '--to', '2023-04').ended).code,
  ).toBe(0);
  const train = ['train', '--recipe', 'linear-pair', '--train', '2023-03', '--promote'];
  expect((await tripcast(...train).ended).code).toBe(0);

  const first = tripcast('backfill', ...MONTHS);
  await first.heard(/ scored, /);
  signalGroup(emulator?.process.pid ?? 0, 'SIGKILL');
  const killed = await first.ended;
  expect(killed.code).toBe(1);
  expect(killed.text).toContain('does not answer');

  const data = await restart(dir, async () => {
    expect((await tripcast('backfill', ...MONTHS).ended).text).toContain('The stack tripcast-dev is not deployed');
  });
  const before = await receiptsIn(data);
  expect(before.length).toBeGreaterThanOrEqual(1);
  expect(before.length).toBeLessThan(4);

  const again = await tripcast('backfill', '--json', ...MONTHS).ended;
  const { months }: { months: { month: string; status: string }[] } = JSON.parse(again.out);
  const unchanged = months.filter(({ status }) => status === 'unchanged').map(({ month }) => month);
  expect(months.map(({ month }) => month)).toEqual(['2022-02', '2022-03', '2022-04', '2022-05']);
  expect(unchanged).toEqual(before.map(({ month }) => month));
  expect(months.filter(({ status }) => status === 'scored')).toHaveLength(4 - unchanged.length);

  const receipts = await receiptsIn(data);
  expect(receipts.map(({ month }) => month)).toEqual(months.map(({ month }) => month));
  expect(receipts).toEqual(expect.arrayContaining(before)); // written once, and left alone
  const outputs = await Array.fromAsync(data.list('predictions/'), ({ key }) => key);
  expect(outputs).toEqual(receipts.map(({ output }) => parseS3Uri(output.uri)?.key).sort());
  for (const { output } of receipts) {
    const found = await data.get(parseS3Uri(output.uri)?.key ?? '');
    expect(sha256(found?.body ?? new Uint8Array())).toBe(output.sha256);
  }
});

async function start(dir: string, beforeDeploy = async () => {}): Promise<Readonly<Record<string, string>>> {
  const env = { S3_PERSIST: '1', S3_DATA_DIR: await mkdtemp(join(dir, 'objects-')), SFN_WAIT_SCALE: '0' };
  emulator = await startEmulator({ port: 4770, dir, env });
  const { stop: _, ...mark } = emulator;
  const file = join(dir, 'environment.json');
  const started = { ...mark, startedAt: new Date().toISOString() };
  writeEnvironment(started, file);
  await beforeDeploy();
  const outputs = await deployStack({ endpointUrl: emulator.endpointUrl, dir });
  const deployed = { stack: stackName('dev'), at: new Date().toISOString(), sourcesHash: sourcesHash() };
  writeEnvironment({ ...started, deployed }, file);
  return outputs;
}

/** @returns the data bucket */
async function restart(dir: string, beforeDeploy: () => Promise<void>): Promise<S3Store> {
  const [kept = ''] = await Array.fromAsync(glob('objects-*/000000000000', { cwd: dir }), (found) => join(dir, found));
  const { DataBucketName = '', ModelBucketName = '' } = await start(dir, beforeDeploy);
  const endpoint = emulator?.endpointUrl ?? '';
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials: TEST_CREDENTIALS, forcePathStyle: true });
  for (const bucket of [DataBucketName, ModelBucketName]) {
    const cwd = join(kept, bucket);
    for await (const entry of glob('**/*', { cwd, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !isEmulatorsOwn(entry)) await new S3Store(bucket, client).upload(path, relative(cwd, path));
    }
  }
  return new S3Store(DataBucketName, client);
}

const isEmulatorsOwn = ({ name }: Dirent) => name.endsWith('.meta.json');

async function receiptsIn(data: S3Store) {
  const keys = await Array.fromAsync(data.list('receipts/'), ({ key }) => key);
  return Promise.all(
    keys.map(async (key) => {
      const found = await data.get(key);
      return receiptSchema.parse(JSON.parse(new TextDecoder().decode(found?.body)));
    }),
  );
}

/** The command line in an environment of its own, as a person starts it. */
function commandsIn(local: string) {
  return (...words: readonly string[]) => {
    const command: ChildProcessWithoutNullStreams = spawn(
      process.execPath,
      [join(CLONE, 'bin/tripcast.mjs'), ...words],
      {
        env: { ...process.env, TRIPCAST_LOCAL: local },
      },
    );
    let [out, text] = ['', ''];
    command.stdout.on('data', (chunk) => {
      out += chunk;
      text += chunk;
    });
    command.stderr.on('data', (chunk) => {
      text += chunk;
    });
    const ended = once(command, 'close').then(([code]) => ({ code, out, text }));
    return {
      ended,
      async heard(wanted: RegExp) {
        while (!wanted.test(text)) {
          const isOver = await Promise.race([once(command.stdout, 'data').then(() => false), ended.then(() => true)]);
          if (isOver) throw new Error(`It ended without saying ${wanted}: ${text}`);
        }
      },
    };
  };
}
