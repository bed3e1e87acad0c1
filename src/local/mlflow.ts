import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLONE, LOCAL } from '#setup/paths.mjs';
import { isRunning, processStart } from '#setup/processes.mjs';
import { hasVenv, MLFLOW } from '#setup/setup.mjs';
import { type Emulator, type ProcessMark, stopEmulator } from './emulator.ts';
import { freePort } from './ports.ts';

const DEFAULT_PORT = 5000;
const POLL_MS = 200;

/** The MLflow server of the local environment: the process that keeps it running, and its address once it is ready. */
export type LocalMlflow = {
  readonly url: string;
  readonly process: ProcessMark;
  readonly logFile: string;
  /** Its database, removed when it stops: its runs point at objects that disappear with the emulator. */
  readonly home: string;
};

export type MlflowState =
  | { readonly state: 'ready' | 'starting' | 'installing' }
  | { readonly state: 'stopped'; readonly reason: string };

export type MlflowOptions = {
  readonly emulator: Pick<Emulator, 'endpointUrl' | 'process'>;
  /** The port to try first; if it is taken, the next free one is used. Default 5000. */
  readonly port?: number;
  /** Where its database and log go. Default `.tripcast`. */
  readonly dir?: string;
};

/** The options that mlflow-keeper.ts gets. */
export type KeeperOptions = {
  readonly port: number;
  readonly home: string;
  readonly logFile: string;
  readonly endpointUrl: string;
  readonly emulator: ProcessMark;
};

/**
 * Starts MLflow next to an emulator without waiting: it may have to be installed first, which takes minutes. It keeps
 * running when this process ends, and stops on its own when the emulator does.
 */
export async function startMlflow({
  emulator: { endpointUrl, process: emulator },
  port: wanted = DEFAULT_PORT,
  dir = LOCAL,
}: MlflowOptions): Promise<LocalMlflow> {
  const port = await freePort(wanted);
  const home = join(dir, `mlflow-${port}`);
  const logFile = join(dir, `mlflow-${port}.log`);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const log = openSync(logFile, 'w');
  const options: KeeperOptions = { port, home, logFile, endpointUrl, emulator };
  const keeper = spawn(
    process.execPath,
    [join(CLONE, 'src', 'local', 'mlflow-keeper.ts'), JSON.stringify(options)],
    { cwd: CLONE, stdio: ['ignore', log, log], detached: true }, // its own process group, like the emulator
  );
  closeSync(log);
  keeper.unref();
  const pid = keeper.pid ?? 0;
  return { url: `http://127.0.0.1:${port}`, process: { pid, start: processStart(pid) ?? '' }, logFile, home };
}

/** Ends it with its workers, or the installation in progress, and removes its database. */
export const stopMlflow = ({ process, home }: Pick<LocalMlflow, 'process' | 'home'>): Promise<void> =>
  stopEmulator({ process, home });

export async function mlflowState({ url, process, logFile }: LocalMlflow): Promise<MlflowState> {
  if (!isRunning(process)) return { state: 'stopped', reason: lastLine(logFile) };
  if (await isHealthy(url)) return { state: 'ready' };
  return { state: hasVenv(CLONE, MLFLOW) ? 'starting' : 'installing' };
}

/** Whether an MLflow server answers at this address. */
export async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false; // not up yet
  }
}

/** Waits until it is ready, or never will be. */
export async function settledMlflow(mlflow: LocalMlflow, signal?: AbortSignal): Promise<MlflowState> {
  for (;;) {
    const state = await mlflowState(mlflow);
    if (state.state === 'ready' || state.state === 'stopped') return state;
    await sleep(POLL_MS, undefined, { ...(signal && { signal }) });
  }
}

function lastLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  } catch {
    return 'its log is gone';
  }
}
