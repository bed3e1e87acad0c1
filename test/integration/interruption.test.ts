import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { stopEmulator } from '../../src/local/emulator.ts';
import { type LocalEnvironment, readEnvironment } from '../../src/local/environment.ts';
import { CLONE } from '../../src/local/paths.ts';
import { isRunning } from '../../src/local/processes.mjs';
import { systemClock } from '../../src/streaming/clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let environment: LocalEnvironment | undefined;

// Whatever the test finds, the emulator that it started does not outlive it.
afterEach(async () => {
  if (environment !== undefined) await stopEmulator(environment);
});

/** Asks until there is an answer. */
async function eventually<T>(ask: () => T | undefined, milliseconds = 60_000): Promise<T> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await systemClock.sleep(50)) {
    const answer = ask();
    if (answer !== undefined) return answer;
  }
  throw new Error('It did not happen in time.');
}

test.each(['during the deployment', 'during the main job'])(
  'Ctrl-C %s of a first start leaves nothing running',
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
    expect(code).not.toBe(0);
    expect(isRunning(environment.process)).toBe(false);
    expect(readEnvironment(file)).toBeUndefined();
    // MLflow's keeper looks after the emulator twice a second, and ends with it.
    await eventually(() => (isRunning(mlflow.process) ? undefined : true), 10_000);
  },
);
