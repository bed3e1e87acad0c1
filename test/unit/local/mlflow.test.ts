import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeMlflow } from '#cli/commands/status.ts';
import { mlflowState } from '#local/mlflow.ts';
import { reasonOf } from '#local/mlflow-failure.ts';
import { CLONE } from '#setup/paths.mjs';
import { thisProcess } from '#setup/processes.mjs';
import { SetupError } from '#setup/setup.mjs';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A clone without the venv of MLflow, whose Python is `python`: a program, as a shell script. */
function cloneWithPython(python: string) {
  const root = temporaryFolder();
  for (const part of ['src', 'lib', 'env', 'requirements-mlflow.txt', 'package.json']) {
    cpSync(join(CLONE, part), join(root, part), { recursive: true });
  }
  symlinkSync(join(CLONE, 'node_modules'), join(root, 'node_modules'));
  const file = join(root, 'python3');
  writeFileSync(file, `#!/bin/sh\n${python}\n`, { mode: 0o755 });
  return { root, python: file };
}

/** The keeper of a clone, until it ends, and what `tripcast status` shows then. */
async function keptBy({ root, python }: { readonly root: string; readonly python: string }): Promise<string> {
  const home = join(root, 'mlflow-5999');
  mkdirSync(home);
  const logFile = join(root, 'mlflow-5999.log');
  const options = { port: 5999, home, logFile, endpointUrl: 'http://127.0.0.1:1', emulator: thisProcess() };
  const log = openSync(logFile, 'w');
  const { status } = spawnSync(process.execPath, [join(root, 'src/local/mlflow-keeper.ts'), JSON.stringify(options)], {
    env: { ...process.env, TRIPCAST_PYTHON: python },
    stdio: ['ignore', log, log],
  });
  expect(status).toBe(1);
  closeSync(log);
  const state = await mlflowState({ url: 'http://127.0.0.1:5999', process: { pid: 0, start: '' }, logFile, home });
  return describeMlflow('http://127.0.0.1:5999', state);
}

const OFFLINE = `case "$*" in *platform*) echo 3.12.1; exit;; *venv*) mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; exit;; esac
echo "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'" >&2
echo 'ERROR: Could not find a version that satisfies the requirement mlflow==3.17.2 (from versions: none)' >&2
echo 'ERROR: No matching distribution found for mlflow==3.17.2' >&2
exit 1`;

test('MLflow that cannot be installed is one sentence in `tripcast status`, and its log has the details', async () => {
  const clone = cloneWithPython(OFFLINE);
  expect(await keptBy(clone)).toBe(
    'stopped: MLflow could not be installed: No matching distribution found for mlflow==3.17.2. `npm run setup` tries again. Everything else works without it.',
  );
  expect(readFileSync(join(clone.root, 'mlflow-5999.log'), 'utf8')).toContain('NewConnectionError');
});

test('so is a Python that is too old for it', async () => {
  expect(await keptBy(cloneWithPython('echo 3.8.10'))).toMatch(
    /^stopped: MLflow could not be installed: Python 3\.10 or newer is needed .*python3 is 3\.8\.10.* Everything else works/,
  );
});

test('and a server that exits on its own: the sentence names its log', async () => {
  const server = `case "$*" in *platform*) echo 3.12.1; exit;; *venv*) mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; exit;; *server*) echo boom >&2; exit 3;; esac`;
  expect(await keptBy(cloneWithPython(server))).toMatch(
    /^stopped: MLflow's server ended with exit code 3: boom\. The whole log is .*mlflow-5999\.log\. Everything else works without it\.$/,
  );
});

test('a failure without a word from pip is reported by its first line', () => {
  expect(reasonOf(new SetupError('python3 cannot be run: EACCES\nmore'))).toMatch(
    /^MLflow could not be installed: python3 cannot be run: EACCES\. /,
  );
});
