import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withLock } from '#setup/lock.mjs';
import { thisProcess } from '#setup/processes.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const LOCK_MODULE = new URL('../../../src/setup/lock.mjs', import.meta.url).href;

test('the lock is there during the work and gone after it, also when the work fails', async () => {
  const file = join(temporaryFolder(), 'sub', 'work.lock');
  expect(await withLock(file, async () => existsSync(file))).toBe(true);
  expect(existsSync(file)).toBe(false);
  await expect(withLock(file, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
  expect(existsSync(file)).toBe(false);
});

/** As on exFAT, on some shares, and through FUSE: link(2) fails with one of these. mqueue(7), which has no links, gave EPERM. */
const WITHOUT_HARD_LINKS = `import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  fs.linkSync = () => { throw Object.assign(new Error('link'), { code: process.env.LINK_FAILS }); };
  syncBuiltinESMExports();`;

test.each([
  ['hard links', ''],
  ['no hard links', 'EPERM'],
  ['no hard links on macOS', 'ENOTSUP'],
  ['no hard links through FUSE', 'ENOSYS'],
])(
  'processes that want one lock at the same time work one after the other, on a file system with %s',
  async (_, linkFails) => {
    const folder = temporaryFolder();
    const file = join(folder, 'work.lock');
    // Each notes the count, rests, and puts back one more: two at once would lose a count.
    const script = `${linkFails && WITHOUT_HARD_LINKS}
    import { readFileSync, writeFileSync } from 'node:fs';
    import { withLock } from ${JSON.stringify(LOCK_MODULE)};
    const [, lock, count] = process.argv;
    for (let i = 0; i < 5; i++) await withLock(lock, async () => {
      const seen = Number(readFileSync(count, 'utf8'));
      await new Promise((resolve) => setTimeout(resolve, 5));
      writeFileSync(count, String(seen + 1));
    });`;
    const count = join(folder, 'count');
    writeFileSync(count, '0');
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, ['--input-type=module', '-e', script, file, count], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, LINK_FAILS: linkFails },
      }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
    expect(codes).toEqual([0, 0, 0]);
    expect(readFileSync(count, 'utf8')).toBe('15');
    expect(readdirSync(folder)).toEqual(['count']);
  },
);

test('a stale lock is taken over on a file system without hard links, and any other failure is reported', async () => {
  const file = join(temporaryFolder(), 'work.lock');
  writeFileSync(file, JSON.stringify({ pid: process.pid, start: 'long ago' }));
  const script = `${WITHOUT_HARD_LINKS}
    import { withLock } from ${JSON.stringify(LOCK_MODULE)};
    await withLock(${JSON.stringify(file)}, async () => {}).then(
      () => process.stdout.write('done'), (error) => process.stdout.write(error.code));`;
  const run = async (code: string) => {
    const args = ['--input-type=module', '-e', script];
    const child = spawn(process.execPath, args, { env: { ...process.env, LINK_FAILS: code } });
    const [said] = await once(child.stdout, 'data');
    return String(said);
  };
  expect(await run('EPERM')).toBe('done');
  expect(existsSync(file)).toBe(false);
  expect(await run('EIO')).toBe('EIO');
});

test('a lock whose holder is gone is taken over without waiting', async () => {
  const file = join(temporaryFolder(), 'work.lock');
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  const { pid = 0 } = child;
  await once(child, 'exit');
  writeFileSync(file, JSON.stringify({ pid, start: '1' }));
  const waits: unknown[] = [];
  expect(await withLock(file, async () => 'done', { onWait: (holder) => waits.push(holder) })).toBe('done');
  expect(waits).toEqual([]);
});

test('a lock whose pid now belongs to another process is taken over too', async () => {
  const file = join(temporaryFolder(), 'work.lock');
  writeFileSync(file, JSON.stringify({ pid: process.pid, start: 'long ago' }));
  expect(await withLock(file, async () => 'done')).toBe('done');
});

test.each(['', '{', '"pid', 'null', '[]', '{"pid":"x"}', '\0\0\0'])(
  'a damaged lock, %j, is taken over',
  async (damaged) => {
    const file = join(temporaryFolder(), 'work.lock');
    writeFileSync(file, damaged);
    const hourAgo = new Date(Date.now() - 3_600_000);
    utimesSync(file, hourAgo, hourAgo);
    expect(await withLock(file, async () => 'done')).toBe('done');
    expect(existsSync(file)).toBe(false);
  },
);

test('an empty lock is waited for: its holder may just be writing it', async () => {
  const file = join(temporaryFolder(), 'work.lock');
  writeFileSync(file, '');
  const waiting = withLock(file, async () => existsSync(file));
  await new Promise((resolve) => setTimeout(resolve, 200));
  writeFileSync(file, JSON.stringify(thisProcess()));
  const waited = performance.now();
  setTimeout(() => rmSync(file), 1500);
  expect(await waiting).toBe(true);
  expect(performance.now() - waited).toBeGreaterThan(1400);
});

test('a waiter reports the holder, and stops waiting when aborted', async () => {
  const file = join(temporaryFolder(), 'work.lock');
  writeFileSync(file, JSON.stringify(thisProcess()));
  const stop = new AbortController();
  const waiting = withLock(file, async () => 'done', {
    signal: stop.signal,
    onWait: ({ pid }) => {
      expect(pid).toBe(process.pid);
      stop.abort(new Error('enough'));
    },
  });
  await expect(waiting).rejects.toThrow('enough');
  expect(existsSync(file)).toBe(true);
});
