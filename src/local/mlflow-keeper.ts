/**
 * node src/local/mlflow-keeper.ts OPTIONS: the process that keeps the local MLflow server. It installs MLflow if need be,
 * runs the server, mirrors what was registered before it was ready, and ends with the emulator. Whatever happens here is a
 * line in its log, never a stop of anything else.
 */
import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { devEnvironmentVariables } from './environment.ts';
import { isHealthy, type KeeperOptions } from './mlflow.ts';
import { CLONE, MLFLOW_PYTHON } from './paths.ts';
import { isRunning, runInForeground } from './processes.mjs';
import { installMlflow } from './setup.mjs';

const POLL_MS = 500;

const options: KeeperOptions = JSON.parse(process.argv[2] ?? '');
setPriority(constants.priority.PRIORITY_BELOW_NORMAL); // the main job has the processor first

const ended = new AbortController();
void endWithEmulator();
await installMlflow(CLONE, ended.signal);
const server = serve(options);
void syncWhenReady();
process.exitCode = await server;
ended.abort();

async function endWithEmulator(): Promise<void> {
  while (isRunning(options.emulator)) await sleep(POLL_MS, undefined, { ref: false });
  process.kill(-process.pid, 'SIGTERM'); // this process leads the group of the server and its worker
}

/** One worker and no job runner: 2 processes and 400 MiB instead of 15 and 1.8 GiB. */
function serve({ port, home, endpointUrl }: KeeperOptions): Promise<number> {
  const { HOME, USER, LOGNAME, PATH, TMPDIR } = process.env;
  return runInForeground(
    MLFLOW_PYTHON,
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
      // Relative to its home: as a URL, an absolute path would end at a `?` or `#` in it.
      ...['--backend-store-uri', 'sqlite:///mlflow.db', '--artifacts-destination', './artifacts'],
    ],
    {
      cwd: home,
      env: {
        ...{ HOME, USER, LOGNAME, PATH, TMPDIR },
        ...devEnvironmentVariables(endpointUrl, {}), // so that it shows artefacts that lie in the emulator
        LANG: 'C.UTF-8',
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        MLFLOW_DISABLE_TELEMETRY: 'true',
      },
    },
  );
}

/** What is registered from now on finds the server at its address; what was before waits for this. */
async function syncWhenReady(): Promise<void> {
  while (!(await isHealthy(`http://127.0.0.1:${options.port}`)))
    await sleep(POLL_MS, undefined, { signal: ended.signal });
  spawn(process.execPath, [join(CLONE, 'bin', 'tripcast.ts'), 'models', 'sync'], { cwd: CLONE, stdio: 'inherit' });
}
