import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { workFolder } from '#adapters/work-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MODULE = new URL('../../../src/adapters/work-folder.ts', import.meta.url).href;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A process that makes two folders, one of them next to others, with a file in each, and then does as told. */
async function process(then: string) {
  const folder = temporaryFolder();
  const script = `import { writeFileSync } from 'node:fs';
    import { workFolder } from ${JSON.stringify(MODULE)};
    const interval = setInterval(() => {}, 1000);
    const folders = [await workFolder(), await workFolder(${JSON.stringify(folder)})];
    for (const { path } of folders) writeFileSync(path + '/big', 'x');
    ${then}`;
  const child = spawn(globalThis.process.execPath, ['--input-type=module', '-e', script], {
    env: { ...globalThis.process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return { child, there: () => readdirSync(folder) };
}

describe('a work folder', () => {
  test('is gone with everything in it at the end of its scope', async () => {
    const beside = temporaryFolder();
    {
      await using folder = await workFolder(beside);
      writeFileSync(join(folder.path, 'a'), '');
      expect(readdirSync(beside)).toHaveLength(1);
    }
    expect(readdirSync(beside)).toEqual([]);
  });

  test('has a name that nobody can guess, and only its owner can use it', async () => {
    const beside = temporaryFolder();
    await using one = await workFolder(beside);
    await using other = await workFolder(beside);
    expect(one.path).toMatch(/\.tripcast-[A-Za-z0-9]{6}$/);
    expect(other.path).not.toBe(one.path);
    expect(statSync(one.path).mode & 0o777).toBe(0o700);
  });

  test('that cannot be created is an error that names the place', async () => {
    await expect(workFolder(join(temporaryFolder(), 'gone'))).rejects.toThrow(
      /The folder .*gone is not writable \(ENOENT\)\. /,
    );
  });

  test.each(SIGNALS)('is gone after %s, which ends the process as it would without one', async (signal) => {
    const { child, there } = await process("process.stdout.write('ready');");
    expect(there()).toHaveLength(2);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([null, signal]);
    expect(there()).toEqual([]);
  });

  test.each(SIGNALS)('leaves %s to others that listen, and is gone when they end', async (signal) => {
    const { child, there } = await process(`
      process.once('${signal}', () => {
        process.stdout.write('stopping');
        setTimeout(async () => {
          for (const folder of folders) await folder[Symbol.asyncDispose]();
          clearInterval(interval);
          process.exitCode = 7;
        }, 50);
      });
      process.stdout.write('ready');`);
    child.kill(signal);
    expect(String((await once(child.stdout, 'data'))[0])).toBe('stopping');
    expect(there()).toHaveLength(2);
    expect(await once(child, 'exit')).toEqual([7, null]);
    expect(there()).toEqual([]);
  });

  test('is gone after process.exit() and after an uncaught error', async () => {
    for (const end of ['process.exit(3)', 'throw new Error("unexpected")']) {
      const { child, there } = await process(`
        process.on('uncaughtException', () => process.exit(3));
        process.stdout.write('ready', () => { ${end}; });`);
      expect((await once(child, 'exit'))[0]).toBe(3);
      expect(there()).toEqual([]);
    }
  });
});
