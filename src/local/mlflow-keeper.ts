/**
 * node src/local/mlflow-keeper.ts OPTIONS: the process that keeps the local MLflow server running. It installs MLflow
 * if needed, runs the server, mirrors what was registered before it was ready, and ends with the emulator. Whatever
 * happens here is a line in its log and never stops anything else.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, symlink } from 'node:fs/promises';
import { constants, setPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TripcastError } from '#errors.ts';
import { outliveReaders } from '#setup/output.mjs';
import { CLONE, MLFLOW_PYTHON } from '#setup/paths.mjs';
import { isRunning, runInForeground } from '#setup/processes.mjs';
import { installMlflow } from '#setup/setup.mjs';
import { devEnvironmentVariables } from './environment.ts';
import { isHealthy, type KeeperOptions } from './mlflow.ts';
import { reasonOf } from './mlflow-failure.ts';

const POLL_MS = 500;

outliveReaders(); // its log may be on a full disk
const options: KeeperOptions = JSON.parse(process.argv[2] ?? '');
setPriority(constants.priority.PRIORITY_BELOW_NORMAL); // the main job gets the processor first

const ended = new AbortController();
void endWithEmulator();
try {
  await installMlflow(CLONE, ended.signal);
  await serveUntilItEnds();
} catch (error) {
  // The last line is what `tripcast status` shows.
  console.error(`\n${error instanceof Error ? error.message : error}\n\n${reasonOf(error)}`);
  process.exitCode = 1;
}

/** @throws TripcastError when the server exits on its own */
async function serveUntilItEnds(): Promise<void> {
  const server = serve(options);
  const synced = syncWhenReady();
  const code = await server;
  ended.abort();
  await synced;
  if (!isRunning(options.emulator)) return; // as intended
  const said = readFileSync(options.logFile, 'utf8').trimEnd().split('\n').at(-1);
  throw new TripcastError(
    `MLflow's server ended with exit code ${code}: ${said}`,
    `The whole log is ${options.logFile}.`,
  );
}

async function endWithEmulator(): Promise<void> {
  while (isRunning(options.emulator)) await sleep(POLL_MS, undefined, { ref: false });
  process.kill(-process.pid, 'SIGTERM'); // this process leads the group of the server and its worker
}

/** Alembic, within MLflow, takes a percent sign in its own path for a variable: a link without one avoids that. */
async function interpreter(): Promise<string> {
  if (!MLFLOW_PYTHON.includes('%')) return MLFLOW_PYTHON;
  const folder = await mkdtemp(join(tmpdir(), 'tripcast-mlflow-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await symlink(dirname(dirname(MLFLOW_PYTHON)), join(folder, 'venv'));
  return join(folder, 'venv', 'bin', 'python');
}

/** One worker and no job runner: 2 processes and 400 MiB instead of 15 and 1.8 GiB. */
async function serve({ port, home, endpointUrl }: KeeperOptions): Promise<number> {
  const { HOME, USER, LOGNAME, PATH, TMPDIR } = process.env;
  return runInForeground(
    await interpreter(),
    [
      ...[
        '-I',
        '-X',
        'utf8',
        '-m',
        'mlflow',
        'server',
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        '--workers',
        '1',
      ],
      // Relative to its home: in a URL, an absolute path would end at a `?` or `#`.
      ...['--backend-store-uri', 'sqlite:///mlflow.db', '--artifacts-destination', './artifacts'],
    ],
    {
      cwd: home,
      env: {
        ...{ HOME, USER, LOGNAME, PATH, TMPDIR },
        ...devEnvironmentVariables(endpointUrl, {}), // so that it shows artifacts stored in the emulator
        LANG: 'C.UTF-8',
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        MLFLOW_DISABLE_TELEMETRY: 'true',
      },
    },
  );
}

/** What is registered from now on finds the server at its address; what was registered earlier waits for this. */
async function syncWhenReady(): Promise<void> {
  while (!(await isHealthy(`http://127.0.0.1:${options.port}`))) {
    if (ended.signal.aborted) return;
    await sleep(POLL_MS);
  }
  spawn(process.execPath, [join(CLONE, 'bin', 'tripcast.ts'), 'models', 'sync'], { cwd: CLONE, stdio: 'inherit' });
}
