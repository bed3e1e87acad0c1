import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { describeStack } from '#adapters/cloudformation.ts';
import { type Emulator, startEmulator } from '#local/emulator.ts';
import { devEnvironmentVariables, useVariables } from '#local/environment.ts';
import { CLONE, LOCAL } from '#setup/paths.mjs';
import { judge, readRecord, type Sights } from '../aws/ledger.ts';
import { PROBES } from '../aws/probes/index.ts';
import { emulatorAt, makeClients, runProbes } from '../aws/run-probes.ts';

// It starts its own emulator, like `npm run test:aws -- --emulator`: the shared one skips the waits of state machines.

const PREFIX = 'tripcast-probe-0f0f0f0f';
const record = readRecord('ministack');
let emulator: Emulator;
let sights: Sights;

beforeAll(async () => {
  const dir = join(LOCAL, 'conformance');
  mkdirSync(dir, { recursive: true });
  emulator = await startEmulator({ port: 4870, auth: true, dir });
  useVariables(devEnvironmentVariables(emulator.endpointUrl));
  const signal = AbortSignal.timeout(170_000);
  sights = await runProbes(PROBES, emulatorAt(emulator.endpointUrl), { signal, prefix: PREFIX, say: () => {} });
}, 180_000);

afterAll(() => emulator.stop());

const run = PROBES.filter(({ look }) => 'seen' in look && look.notOnEmulators === undefined);

describe('the emulator does what the ledger says', () => {
  test.each(run)('$id', (probe) => {
    const { verdict, wanted, seen } = judge(probe, sights.get(probe.id), record);
    expect(seen).toEqual(wanted);
    expect(verdict).toMatch(/^(as documented|differs as recorded)$/);
  });
});

/** The buckets and stacks that exist under a prefix. */
async function leftOf(prefix: string): Promise<readonly string[]> {
  const { s3, cloudFormation } = makeClients();
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const buckets = Buckets.map(({ Name = '' }) => Name).filter((name) => name.startsWith(prefix));
  const stacks = await Promise.all(
    [prefix, `${prefix}-second`].map(async (name) => {
      const status = (await describeStack(name, cloudFormation))?.status ?? 'DELETE_COMPLETE';
      return status === 'DELETE_COMPLETE' ? [] : [name];
    }),
  );
  return [...buckets, ...stacks.flat()];
}

test('a run leaves nothing behind', async () => {
  expect(await leftOf(PREFIX)).toEqual([]);
});

/** Runs the command against the same emulator. */
function testAws(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(CLONE, 'test', 'aws', 'command.ts'), '--emulator', ...args]);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close').then(([code]) => ({ code, said }));
  return {
    ended,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Waits until the probes run. @returns the run's prefix */
    async untilRunning(): Promise<string> {
      await vi.waitUntil(() => said.includes('Running'), { timeout: 60_000 });
      return /tripcast-probe-[0-9a-f]{8}/.exec(said)?.[0] ?? '';
    },
  };
}

test('Ctrl-C stops a run and deletes what it created', async () => {
  const run = testAws('--only', 'mapping-');
  const prefix = await run.untilRunning();
  expect(await leftOf(prefix)).not.toEqual([]);
  run.kill('SIGINT');
  const { code, said } = await run.ended;
  expect(said).toContain(`Deleting everything named ${prefix}`);
  expect(code).toBe(130);
  expect(await leftOf(prefix)).toEqual([]);
});

test('--clean-up deletes what a killed run left', async () => {
  const run = testAws('--only', 'mapping-');
  const prefix = await run.untilRunning();
  run.kill('SIGKILL');
  await run.ended;
  expect(await leftOf(prefix)).not.toEqual([]);
  expect(await testAws('--clean-up', prefix).ended).toEqual({ code: 0, said: `Deleted ${prefix}.\n` });
  expect(await leftOf(prefix)).toEqual([]);
  expect(await testAws('--clean-up', prefix).ended).toEqual({ code: 0, said: `Nothing named ${prefix} exists.\n` });
});
