import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import type { TestProject } from 'vitest/node';
import { stackName } from '#lib/config/names.ts';
import { deployStack } from '#local/deploy.ts';
import { type Emulator, signalGroup, startEmulator } from '#local/emulator.ts';
import { writeEnvironment } from '#local/environment.ts';
import { stopLeftovers } from '#local/leftovers.ts';
import { sourcesHash } from '#packaging/sources.ts';
import { processStart } from '#setup/processes.mjs';
import { FAILED } from './worker-emulator.ts';

/** Away from the port that `npm start` prefers. */
const FIRST_PORT = 4700;

/** Vitest's types leave it out. */
interface FromCommandLine {
  readonly filenamePattern?: string[];
}

/**
 * An IAM-enforcing emulator with the stack deployed for each worker of the project, gone however the run ends. Nothing
 * waits for them here, so that other projects' tests run meanwhile: worker-emulator.ts does.
 */
export default async function emulatorsOfWorkers(project: TestProject): Promise<() => Promise<void>> {
  const local = project.config.env.TRIPCAST_LOCAL ?? '';
  await removeLeftovers(dirname(local));
  const { filenamePattern } = project.vitest as typeof project.vitest & FromCommandLine;
  const { testFiles } = await project.globTestFiles(filenamePattern);
  const count = Math.min(project.config.maxWorkers, testFiles.length);
  const started = Array.from({ length: count }, (_, i) => bringUp(`${local}-${i + 1}`, FIRST_PORT + 20 * i));
  return async () => {
    await Promise.all(started.map(async (each) => (await each).stop()));
  };
}

/** Never throws: a failure is left in the folder for the worker to report. */
async function bringUp(dir: string, port: number): Promise<{ stop(): Promise<void> }> {
  mkdirSync(dir, { recursive: true });
  const removeFolder = () => rmSync(dir, { recursive: true, force: true });
  try {
    const stopEmulator = await deployedEmulator(dir, port);
    const stop = async () => {
      await stopEmulator();
      removeFolder();
    };
    return { stop };
  } catch (error) {
    writeFileSync(join(dir, FAILED), inspect(error));
    return { stop: async () => removeFolder() };
  }
}

/** @returns what stops it */
async function deployedEmulator(dir: string, port: number): Promise<() => Promise<void>> {
  const emulator = await startEmulator({ port, auth: true, dir, env: { SFN_WAIT_SCALE: '0' } });
  const ended = new AbortController();
  const atExit = stopWhenThisProcessEnds(emulator, ended);
  const stop = async () => {
    await emulator.stop();
    atExit.forget();
  };
  try {
    const { stop: _, ...mark } = emulator;
    const stateFile = join(dir, 'environment.json');
    const started = { ...mark, startedAt: new Date().toISOString() };
    writeEnvironment(started, stateFile); // before the deploy: the next run finds what was killed halfway
    await deployStack({ endpointUrl: emulator.endpointUrl, dir, signal: ended.signal });
    const deployed = { stack: stackName('dev'), at: new Date().toISOString(), sourcesHash: sourcesHash() };
    writeEnvironment({ ...started, deployed }, stateFile);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
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
    const runner = /^test-(\d+)(?:-\d+)?$/.exec(name)?.[1];
    if (runner === undefined || processStart(Number(runner)) !== undefined) continue;
    await stopLeftovers(join(dir, name));
    rmSync(join(dir, name), { recursive: true, force: true });
  }
}
