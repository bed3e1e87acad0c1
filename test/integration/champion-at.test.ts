import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { connect } from '#cli/context.ts';
import type { RunId } from '#storage/run-id.ts';
import { registerRun } from '../support/deployed.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { realMonth } from '../support/tlc-files.ts';

// Which run was the champion at a time, from the alias's own history. This moves the champion, so it runs late
// (in-order.ts).

let then: Date;
let later: Date;
let first: RunId;
let second: RunId;

beforeAll(async () => {
  const to = await connect('dev');
  [first, second] = [await registerRun(to), await registerRun(to, 'linear-zones')];
  then = new Date();
  await to.registry.promote(first, 'ada', then);
  await sleep(10);
  later = new Date();
  await to.registry.promote(second, 'grace', later);
});

const at = async (time: string) => JSON.parse((await runCommand(['models', 'at', time, '--json'])).out);

test('models at says who was the champion, since when and until when', async () => {
  expect(await at(then.toISOString())).toMatchObject({
    champion: { run_id: first, promoted_by: 'ada', promoted_at: then.toISOString() },
    until: later.toISOString(),
  });
  expect(await at(later.toISOString())).toMatchObject({
    champion: { run_id: second, promoted_by: 'grace' },
    until: null,
  });
  expect(await at('2001-01-01')).toMatchObject({ champion: null, until: null, first: expect.stringMatching(/^20/) });
});

test('score --as-of scores as the champion of that time does, to the last byte, and not as the one of today', async () => {
  const folder = temporaryFolder();
  const score = async (name: string, ...model: readonly string[]) => {
    const output = join(folder, `${name}.parquet`);
    const ended = await runCommand(['score', realMonth('2023-04'), output, ...model, '--json']);
    expect(ended.code, ended.err).toBe(0);
    return { bytes: readFileSync(output), run: JSON.parse(ended.out).model_version };
  };
  const again = await score('again', '--as-of', then.toISOString());
  expect(again.run).toBe(first);
  expect(again.bytes.equals((await score('then', '--model', first)).bytes)).toBe(true);
  expect(again.bytes.equals((await score('now', '--model', 'champion')).bytes)).toBe(false);
});

test('score --as-of a time without a champion fails, and says how to find the first', async () => {
  const ended = await runCommand([
    'score',
    realMonth('2023-04'),
    join(temporaryFolder(), 'o.parquet'),
    '--as-of',
    '2001-01-01',
  ]);
  expect(ended).toMatchObject({ code: 1, out: '' });
  expect(ended.err).toMatch(/no champion for green taxis at 2001-01-01T00:00:00\.000Z\. See `tripcast models at/);
});
