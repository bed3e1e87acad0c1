import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realMonth } from '../../support/tlc-files.ts';

const SOURCE = join(realMonth('2023-04'), '..');
const training = (out: string) => [
  ...[join(CLONE, 'bin/tripcast.ts'), 'train', '--local', '--source', SOURCE, '--recipe', 'linear-pair'],
  ...['--train', '2023-03', '--out', out],
];

/** Runs Node with a reader of one of its streams that has left before anything is written. */
async function withoutReader(of: 'stdout' | 'stderr', args: readonly string[]) {
  const child = spawn(process.execPath, args, { cwd: temporaryFolder(), stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  child[of].destroy();
  const said = await text(of === 'stdout' ? child.stderr : child.stdout);
  const [code] = await ended;
  return { code, said };
}

describe('a command whose output nobody reads', { timeout: 60_000 }, () => {
  test('does its work, and ends as one that a closed pipe ended: 141', async () => {
    const out = join(temporaryFolder(), 'model');
    expect(await withoutReader('stdout', training(out))).toEqual({ code: 141, said: '' });
    expect(existsSync(join(out, 'model.onnx'))).toBe(true);
  });

  test('does its work and succeeds when only its progress is lost', async () => {
    const out = join(temporaryFolder(), 'model');
    const { code, said } = await withoutReader('stderr', [...training(out), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(said).model).toBe(join(out, 'model.onnx'));
  });

  test('says so when the result does not fit on the disk', { skip: !existsSync('/dev/full') }, () => {
    const out = join(temporaryFolder(), 'model');
    const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const;
    const { status, stderr } = spawnSync(process.execPath, training(out), { stdio: [...stdio], encoding: 'utf8' });
    expect(stderr).toMatch(/^tripcast: The command did its work, but its result could not be written .*ENOSPC.*\n$/);
    expect(status).toBe(1);
    expect(existsSync(join(out, 'model.onnx'))).toBe(true);
  });
});

test('a set-up that nobody watches goes on to its end', async () => {
  const setup = new URL('../../../src/setup/setup.mjs', import.meta.url).href;
  // Two lines in one go, as when two steps are done at once.
  const script = `const { setUpAsCommand } = await import(${JSON.stringify(setup)});
    const code = await setUpAsCommand({ quiet: false, extras: [], work: async ({ log }) => {
      log('node_modules installed'); log('Python tools installed');
      await new Promise((resolve) => setTimeout(resolve, 200));
      log('linked');
    } });
    console.error('ended with', code);`;
  const { code, said } = await withoutReader('stdout', ['--input-type=module', '-e', script]);
  expect({ code, said }).toEqual({ code: 0, said: 'ended with 0\n' });
});
