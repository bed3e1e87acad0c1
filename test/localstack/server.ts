import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TripcastError } from '#errors.ts';
import { markOf, type ProcessMark, signalGroup } from '#local/emulator.ts';
import { freePort } from '#local/ports.ts';
import { descendantsOf, isRunning, processesWith, processStart } from '#setup/processes.mjs';
import type { Installed } from './install.ts';

/** A LocalStack that a test started. */
export interface LocalStackServer {
  readonly endpointUrl: string;
  readonly stop: () => Promise<void>;
  /** For when this process ends, and only synchronous work still happens. */
  readonly kill: () => void;
}

export interface ServerOptions extends Installed {
  /** The port to try first; if it is taken, the next free one is used. */
  readonly port: number;
  /** For its state, removed when it stops, and for its log. One that an earlier, killed run left here is stopped. */
  readonly dir: string;
  /** What functions find at /opt, as a mount would put it there; undefined: nothing, as in the free edition. */
  readonly opt?: string;
  /** More of LocalStack's settings. */
  readonly env?: Readonly<Record<string, string>>;
}

const EXECUTOR = join(import.meta.dirname, 'executor');
const START_DEADLINE_MS = 90_000;
const POLL_MS = 200;

/**
 * Starts LocalStack on 127.0.0.1 without its image: functions are processes of this Node.
 * @throws TripcastError with the end of its log when it does not come up
 */
export async function startLocalStack(options: ServerOptions): Promise<LocalStackServer> {
  await Promise.all(processesWith(markOf(options.dir)).map(stopLocalStack));
  const port = await freePort(options.port);
  const endpointUrl = `http://127.0.0.1:${port}`;
  const state = join(options.dir, `localstack-${port}`);
  const logFile = `${state}.log`;
  rmSync(state, { recursive: true, force: true });
  for (const folder of ['tmp', 'logs']) mkdirSync(join(state, folder), { recursive: true });
  // Functions are unpacked below this folder and must not count as part of this package, whose files are modules.
  writeFileSync(join(state, 'package.json'), '{"type":"commonjs"}');
  const log = openSync(logFile, 'w');
  const child = spawn(options.python, ['-X', 'utf8', '-X', markOf(options.dir), '-m', 'localstack.runtime.main'], {
    cwd: state,
    env: settings(options, port, state),
    stdio: ['ignore', log, log],
    detached: true, // its own process group, which Ctrl-C here does not reach
  });
  closeSync(log);
  let failure: string | undefined;
  child.once('error', (error) => (failure = error.message));
  child.once('exit', (code, signal) => (failure = `it ended (${code ?? signal})`));
  const pid = child.pid ?? 0;
  const mark: ProcessMark = { pid, start: processStart(pid) ?? '' };
  const stop = async () => {
    await stopLocalStack(mark);
    rmSync(state, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const deadline = Date.now() + START_DEADLINE_MS; !(await isUp(endpointUrl)); await sleep(POLL_MS)) {
    if (failure === undefined && Date.now() > deadline) failure = `no answer within ${START_DEADLINE_MS / 1000} s`;
    if (failure === undefined) continue;
    await stop();
    const said = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
    throw new TripcastError(
      `LocalStack did not start on port ${port}: ${failure}\n${said}`,
      `The whole log is ${logFile}.`,
    );
  }
  return { endpointUrl, stop, kill: () => killAll(pid) };
}

function settings({ python, files, opt, env }: ServerOptions, port: number, state: string): NodeJS.ProcessEnv {
  const { HOME, USER, LOGNAME, PATH } = process.env;
  return {
    ...(HOME && { HOME }),
    ...(USER && { USER }),
    ...(LOGNAME && { LOGNAME }),
    // Functions, and its Kinesis, run on the first `node`: this one, 24.
    PATH: [dirname(process.execPath), dirname(python), PATH].join(delimiter),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    PYTHONPATH: EXECUTOR,
    TMPDIR: join(state, 'tmp'),
    FILESYSTEM_ROOT: files,
    OVERRIDE_IN_DOCKER: '0',
    GATEWAY_LISTEN: `127.0.0.1:${port}`,
    LOCALSTACK_HOST: `127.0.0.1:${port}`,
    LAMBDA_RUNTIME_EXECUTOR: 'processes',
    LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT: '60',
    LAMBDA_KEEPALIVE_MS: '600000',
    EXECUTOR_LOGS: join(state, 'logs'),
    ...(opt && { EXECUTOR_OPT: opt }),
    KINESIS_ON_DEMAND_STREAM_COUNT_LIMIT: '100', // the ledger's probes make 20 beside those of the stack
    DISABLE_EVENTS: '1', // no usage statistics
    SKIP_SSL_CERT_DOWNLOAD: '1',
    DNS_ADDRESS: '0',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...env,
  };
}

/** A graceful stop takes up to half a minute, and nothing here is worth it. */
async function stopLocalStack(mark: ProcessMark): Promise<void> {
  if (!isRunning(mark)) return;
  killAll(mark.pid);
  while (isRunning(mark)) await sleep(POLL_MS);
}

/** Its functions and its Kinesis lead process groups of their own. */
function killAll(pid: number): void {
  for (const each of [pid, ...descendantsOf(pid)]) signalGroup(each, 'SIGKILL');
}

async function isUp(endpointUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${endpointUrl}/_localstack/health`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false; // not up yet
  }
}
