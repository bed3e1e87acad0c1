import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { stackName } from '#lib/config/names.ts';
import { deployStack, type Outputs } from '#local/deploy.ts';
import { type Emulator, signalGroup, startEmulator } from '#local/emulator.ts';
import { writeEnvironment } from '#local/environment.ts';
import { stopLeftovers } from '#local/leftovers.ts';
import { sourcesHash } from '#packaging/sources.ts';
import { processStart } from '#setup/processes.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    readonly endpointUrl: string;
    /** The deployed stack's outputs by name. */
    readonly outputs: Outputs;
  }
}

/** Away from the port that `npm start` prefers. */
const FIRST_PORT = 4700;

/** An IAM-enforcing emulator with the stack deployed once for all integration tests; gone however the run ends. */
export default async function emulatorForAllTests(project: TestProject): Promise<() => Promise<void>> {
  const dir = project.config.env.TRIPCAST_LOCAL ?? '';
  await removeLeftovers(dirname(dir));
  mkdirSync(dir, { recursive: true });
  const emulator = await startEmulator({ port: FIRST_PORT, auth: true, dir, env: { SFN_WAIT_SCALE: '0' } });
  const ended = new AbortController();
  const atExit = stopWhenThisProcessEnds(emulator, ended);
  const tearDown = async () => {
    await emulator.stop();
    atExit.forget();
  };
  try {
    const { stop: _, ...mark } = emulator;
    const stateFile = join(dir, 'environment.json');
    const started = { ...mark, startedAt: new Date().toISOString() };
    writeEnvironment(started, stateFile); // before the deploy: the next run finds what was killed halfway
    const outputs = await deployStack({ endpointUrl: emulator.endpointUrl, dir, signal: ended.signal });
    const deployed = { stack: stackName('dev'), at: new Date().toISOString(), sourcesHash: sourcesHash() };
    writeEnvironment({ ...started, deployed }, stateFile);
    project.provide('endpointUrl', emulator.endpointUrl);
    project.provide('outputs', outputs);
  } catch (error) {
    await tearDown();
    throw error;
  }
  return async () => {
    await tearDown();
    rmSync(dir, { recursive: true, force: true });
  };
}

/** Ctrl-C and a crash of the runner skip its teardown; only synchronous work still happens then. */
function stopWhenThisProcessEnds({ process: { pid } }: Emulator, ended: AbortController) {
  const kill = () => {
    ended.abort(); // a deploy in progress
    signalGroup(pid, 'SIGKILL');
  };
  const leave = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal]);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  process.once('exit', kill);
  for (const signal of signals) process.once(signal, leave);
  return {
    forget() {
      process.off('exit', kill);
      for (const signal of signals) process.off(signal, leave);
    },
  };
}

/** Removes what earlier runs left behind when they were killed outright. */
async function removeLeftovers(dir: string): Promise<void> {
  for (const name of readdirSync(dir)) {
    const runner = /^test-(\d+)$/.exec(name)?.[1];
    if (runner === undefined || processStart(Number(runner)) !== undefined) continue;
    await stopLeftovers(join(dir, name));
    rmSync(join(dir, name), { recursive: true, force: true });
  }
}
