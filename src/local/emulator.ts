import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TripcastError } from '#errors.ts';
import { LOCAL, PYTHON } from '#setup/paths.mjs';
import { isRunning, processStart } from '#setup/processes.mjs';
import { canBind, freePort } from './ports.ts';

const DEFAULT_PORT = 4566;
const START_DEADLINE_MS = 60_000;
const STOP_GRACE_MS = 3_000;
const POLL_MS = 50;

/** A process as it was when it started, so that a later one with the same pid is not mistaken for it. */
export type ProcessMark = { readonly pid: number; readonly start: string };

export type Emulator = {
  readonly port: number;
  readonly endpointUrl: string;
  readonly process: ProcessMark;
  /** Its output, and that of functions that fail to start. */
  readonly logFile: string;
  /** Its folder: state and temporary files, removed when it stops. */
  readonly home: string;
  readonly stop: () => Promise<void>;
};

export type EmulatorOptions = {
  /** The port to try first; if it is taken, the next free one is used. Default 4566. */
  readonly port?: number;
  /** Whether IAM policies are enforced for function roles. Default no. */
  readonly auth?: boolean;
  /** Where its state, temporary files and log go. Default `.tripcast`. */
  readonly dir?: string;
  /** More variables, for example SFN_WAIT_SCALE (a factor for the Wait states of state machines). */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

/**
 * Starts MiniStack, the AWS emulator, from the private venv, and waits until it answers. It keeps running when this
 * process ends. Its state is in memory and is lost when it stops.
 * @throws TripcastError with the end of its log when it does not come up
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const port = await freePort(options.port ?? DEFAULT_PORT);
  const emulator = launch(port, options);
  try {
    await emulator.untilHealthy();
    return emulator;
  } catch (error) {
    await emulator.stop();
    // Another process may have taken the port between the check and the start.
    if (emulator.died() && !(await canBind(port))) return startEmulator({ ...options, port: port + 1 });
    throw error;
  }
}

function launch(port: number, { auth = false, dir = LOCAL, env = {}, signal }: EmulatorOptions) {
  const home = homeOf(dir, port);
  const logFile = join(dir, `emulator-${port}.log`);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(home, 'tmp'), { recursive: true });
  // Functions are unpacked below this folder and must not count as part of this package, whose files are modules.
  writeFileSync(join(home, 'package.json'), '{"type":"commonjs"}');
  const name = `tripcast-${randomUUID()}`; // its health answer repeats this, so we know that it is ours

  const log = openSync(logFile, 'w');
  const child = spawn(PYTHON, ['-I', '-u', '-X', 'utf8', '-X', markOf(home), '-m', 'ministack'], {
    cwd: home,
    env: { ...emulatorVariables({ port, auth, home, name }), ...env },
    stdio: ['ignore', log, log],
    detached: true, // its own process group: its Lambda workers stop with it, and Ctrl-C here does not reach it
  });
  closeSync(log);
  child.unref();
  let failure: string | undefined;
  child.once('error', (error) => (failure = error.message));
  child.once('exit', (code, by) => (failure = by === null ? `it exited with code ${code}` : `it was killed by ${by}`));

  const pid = child.pid ?? 0;
  const mark: ProcessMark = { pid, start: processStart(pid) ?? '' };
  const endpointUrl = `http://127.0.0.1:${port}`;

  return {
    port,
    endpointUrl,
    process: mark,
    logFile,
    home,
    died: () => failure !== undefined,
    stop: () => stopEmulator({ process: mark, home }),
    async untilHealthy(): Promise<void> {
      const deadline = Date.now() + START_DEADLINE_MS;
      while ((await emulatorName(endpointUrl)) !== name || failure !== undefined) {
        signal?.throwIfAborted();
        if (failure === undefined && Date.now() > deadline) failure = `no answer within ${START_DEADLINE_MS / 1000} s`;
        if (failure !== undefined) {
          throw new TripcastError(
            `The AWS emulator did not start on port ${port}: ${failure}\n${endOfFile(logFile)}`,
            `The whole log is ${logFile}; \`npx tripcast doctor\` checks what it needs.`,
          );
        }
        await sleep(POLL_MS);
      }
    },
  };
}

/** An argument that distinguishes this emulator's process from any other; Python ignores unknown -X options. */
export const markOf = (home: string) => `tripcast=${createHash('sha256').update(home).digest('hex').slice(0, 16)}`;

export const homeOf = (dir: string, port: number) => join(dir, `emulator-${port}`);

/** Only what a process needs from the caller's environment: the emulator passes its own on to every function. */
function emulatorVariables(it: { port: number; auth: boolean; home: string; name: string }): NodeJS.ProcessEnv {
  const { HOME, USER, LOGNAME, PATH } = process.env;
  return {
    ...(HOME && { HOME }),
    ...(USER && { USER }),
    ...(LOGNAME && { LOGNAME }),
    PATH: [dirname(process.execPath), PATH].join(delimiter), // functions run on the first `node`: this one, 24
    LANG: 'C.UTF-8',
    TZ: 'UTC', // as in Lambda
    TMPDIR: join(it.home, 'tmp'),
    STATE_DIR: join(it.home, 'state'),
    S3_DATA_DIR: join(it.home, 's3'),
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(it.port),
    MINISTACK_EDITION: it.name,
    LAMBDA_EXECUTOR: 'local',
    SFTP_ENABLED: '0',
    IOT_MTLS_ENABLED: '0',
    AUTH: String(it.auth),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Whether any emulator answers there, ours or not. */
export const isAnswering = async (endpointUrl: string): Promise<boolean> =>
  (await emulatorName(endpointUrl)) !== undefined;

/** What the emulator at this address calls itself; undefined when none answers. */
async function emulatorName(endpointUrl: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${endpointUrl}/_ministack/health`, { signal: AbortSignal.timeout(2_000) });
    const health: unknown = await answer.json();
    return health instanceof Object && 'edition' in health ? String(health.edition) : undefined;
  } catch {
    return undefined; // not up yet, or no longer
  }
}

/**
 * Ends an emulator with all its Lambda workers, and removes its temporary files. Does nothing to a process that merely
 * has the same pid.
 */
export async function stopEmulator({ process, home }: Pick<Emulator, 'process' | 'home'>): Promise<void> {
  await stopGroup(process);
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

/** Ends the leader of a process group, and the group with it. */
export async function stopGroup(leader: ProcessMark): Promise<void> {
  if (!isRunning(leader)) return;
  signalGroup(leader.pid, 'SIGTERM');
  for (let waited = 0; isRunning(leader) && waited < STOP_GRACE_MS; waited += POLL_MS) await sleep(POLL_MS);
  signalGroup(leader.pid, 'SIGKILL'); // the workers, and whatever ignored SIGTERM; none has anything worth saving
  while (isRunning(leader)) await sleep(POLL_MS);
}

/** Signals a process group; not an error if it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function endOfFile(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
}
