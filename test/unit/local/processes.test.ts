import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { stopEmulator } from '#local/emulator.ts';
import { descendantsOf, isRunning, processesWith, processStart, thisProcess } from '#setup/processes.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A process that does nothing, leader of its own group, as an emulator is. */
async function aProcess() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  return { pid, start: processStart(pid) ?? '', ended: once(child, 'exit') };
}

test('this process runs', () => {
  expect(isRunning(thisProcess())).toBe(true);
});

test('a process is found by one of its arguments, and only by the whole argument', async () => {
  const argument = `tripcast=${randomUUID()}`;
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', argument], { stdio: 'ignore' });
  await once(child, 'spawn');
  expect(processesWith(argument).map(({ pid }) => pid)).toEqual([child.pid]);
  expect(processesWith(argument).every(isRunning)).toBe(true);
  expect(processesWith(argument.slice(0, -1))).toEqual([]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(processesWith(argument)).toEqual([]);
});

test('a process that was stopped does not run', async () => {
  const { pid, start, ended } = await aProcess();
  expect(isRunning({ pid, start })).toBe(true);
  await stopEmulator({ process: { pid, start }, home: temporaryFolder() });
  await ended;
  expect(isRunning({ pid, start })).toBe(false);
});

test('a process that reuses a recorded pid is not mistaken for the recorded one, and not stopped', async () => {
  const { pid, start, ended } = await aProcess();
  const earlier = { pid, start: `${start}0` };
  expect(isRunning(earlier)).toBe(false);
  await stopEmulator({ process: earlier, home: temporaryFolder() });
  expect(isRunning({ pid, start })).toBe(true);
  process.kill(pid);
  await ended;
});

test('what a process started is found, in whatever group, and what that started in turn', async () => {
  const wait = 'setInterval(() => {}, 1000)';
  const script = `const { spawn } = require('node:child_process');
    process.send(spawn(process.execPath, ['-e', '${wait}'], { detached: true, stdio: 'ignore' }).pid);
    ${wait};`;
  const parent = `const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.once('message', (grandchild) => process.send([child.pid, grandchild]));
    ${wait};`;
  const child = spawn(process.execPath, ['-e', parent], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const [found] = await once(child, 'message');
  expect(descendantsOf(child.pid ?? 0)).toEqual(found);
  for (const pid of [child.pid ?? 0, ...found]) process.kill(pid, 'SIGKILL');
});

test('stopping ends a process that ignores SIGTERM, and what it started', async () => {
  const script = `process.on('SIGTERM', () => {});
    const worker = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    process.send(worker.pid);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', script], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [worker] = await once(child, 'message');
  const pid = child.pid ?? 0;
  await stopEmulator({ process: { pid, start: processStart(pid) ?? '' }, home: temporaryFolder() });
  expect(processStart(pid)).toBeUndefined();
  await expect.poll(() => processStart(worker)).toBeUndefined();
});
