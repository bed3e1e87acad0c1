import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '#clock.ts';
import { markOf, type ProcessMark, stopEmulator } from '#local/emulator.ts';
import { type LocalEnvironment, readEnvironment } from '#local/environment.ts';
import { CLONE } from '#setup/paths.mjs';
import { isRunning, processesWith } from '#setup/processes.mjs';
import { temporaryFolder } from '../support/temporary-folder.ts';

let environment: LocalEnvironment | undefined;

// Whatever the test finds, the emulator that it started does not outlive it.
const orphans: ProcessMark[] = [];
afterEach(async () => {
  if (environment !== undefined) await stopEmulator(environment);
  for (const process of orphans.splice(0)) await stopEmulator({ process, home: '' });
});

/** Asks until there is an answer. */
async function eventually<T>(ask: () => T | undefined, milliseconds = 180_000): Promise<T> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await systemClock.sleep(50)) {
    const answer = ask();
    if (answer !== undefined) return answer;
  }
  throw new Error('It did not happen in time.');
}

test.each(['during the deployment', 'during the main job'])(
  'Ctrl-C %s of a first start leaves nothing running',
  { timeout: 240_000 },
  async (when) => {
    const local = temporaryFolder();
    const command = spawn(process.execPath, [join(CLONE, 'bin/tripcast.mjs'), 'start'], {
      env: { ...process.env, TRIPCAST_LOCAL: local },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    command.stdout.on('data', (text) => (said += text));
    const ended = once(command, 'exit');
    const file = join(local, 'environment.json');
    environment = await eventually(() => readEnvironment(file));
    const mlflow = await eventually(() => readEnvironment(file)?.mlflow);
    if (when === 'during the main job') await eventually(() => (said.includes('✔ environment') ? true : undefined));
    expect([environment, mlflow].map(({ process }) => isRunning(process))).toEqual([true, true]);

    command.kill('SIGINT');
    const [code] = await ended;
    expect(code).toBe(130);
    expect(said).toContain('Interrupted: cleaning up.');
    expect(said).toContain('Nothing was left running.');
    expect(isRunning(environment.process)).toBe(false);
    expect(readEnvironment(file)).toBeUndefined();
    // MLflow's keeper looks after the emulator twice a second, and ends with it.
    await eventually(() => (isRunning(mlflow.process) ? undefined : true), 10_000);
  },
);

/** The processes of emulators that this folder has or had, found without any file. */
function emulatorsOf(local: string): readonly ProcessMark[] {
  const homes = readdirSync(local).filter((name) => /^emulator-\d+$/.test(name));
  return homes.flatMap((name) => processesWith(markOf(join(local, name))));
}

const tripcast = (local: string, ...words: readonly string[]) =>
  spawn(process.execPath, [join(CLONE, 'bin/tripcast.mjs'), ...words], {
    env: { ...process.env, TRIPCAST_LOCAL: local },
    stdio: ['ignore', 'pipe', 'inherit'],
  });

async function ended(command: ReturnType<typeof tripcast>) {
  const [[code], said] = await Promise.all([once(command, 'exit'), text(command.stdout)]);
  return { code, said };
}

/** An `up` that is killed outright as soon as there is a process of its emulator: nothing has been written about it yet. */
async function killedUp(local: string): Promise<readonly ProcessMark[]> {
  const up = tripcast(local, 'up');
  const found = await eventually(() => {
    const processes = emulatorsOf(local);
    return processes.length === 0 ? undefined : processes;
  });
  up.kill('SIGKILL');
  await once(up, 'exit');
  expect(readEnvironment(join(local, 'environment.json'))).toBeUndefined();
  expect(found.map(isRunning)).toEqual([true]);
  orphans.push(...found);
  return found;
}

test('an emulator whose `up` was killed at its start is stopped by `down`', async () => {
  const local = temporaryFolder();
  const found = await killedUp(local);
  expect(await ended(tripcast(local, 'down'))).toEqual({
    code: 0,
    said: expect.stringMatching(/^Stopped the environment at http:\/\/127\.0\.0\.1:\d+\.\n$/),
  });
  expect(found.map(isRunning)).toEqual([false]);
  expect(await ended(tripcast(local, 'down'))).toEqual({ code: 0, said: 'Nothing was running.\n' });
});

test('so is a deployment that was running when its `up` was killed', async () => {
  const local = temporaryFolder();
  const up = tripcast(local, 'up');
  const [deployment] = await eventually(() => {
    const found = processesWith(join(local, 'cdk.out'));
    return found.length === 0 ? undefined : found;
  });
  if (deployment === undefined) return expect.fail('There is no deployment.');
  const emulators = emulatorsOf(local);
  orphans.push(...emulators, deployment);
  up.kill('SIGKILL');
  await once(up, 'exit');
  expect([deployment, ...emulators].map(isRunning)).toEqual([true, true]);
  expect((await ended(tripcast(local, 'down'))).code).toBe(0);
  expect([deployment, ...emulators].map(isRunning)).toEqual([false, false]);
});

test('and by the next `up`, which a closed terminal ends as Ctrl-C does', async () => {
  const local = temporaryFolder();
  const found = await killedUp(local);
  const up = tripcast(local, 'up');
  const end = ended(up);
  const next = await eventually(() => readEnvironment(join(local, 'environment.json')));
  orphans.push(next.process);
  expect(found.map(isRunning)).toEqual([false]);
  up.kill('SIGHUP');
  up.kill('SIGHUP'); // from the terminal, and from a parent that passes it on
  const { code, said } = await end;
  expect(code).toBe(129);
  expect(said).toMatch(/^Stopped an emulator on port \d+ that a killed command had left\.$/m);
  expect(said).toContain('Nothing was left running.');
  expect(emulatorsOf(local)).toEqual([]);
});
