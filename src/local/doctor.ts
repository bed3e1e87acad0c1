import { statfsSync } from 'node:fs';
import { loadConfig } from '#lib/config/load.ts';
import { CLONE } from '#setup/paths.mjs';
import { pinnedNode } from '#setup/pinned-node.mjs';
import { diskProblem, SET_UP_CLONE_BYTES } from '#setup/requirements.mjs';
import { findPython, hasNodeModules, hasVenv, MLFLOW, SetupError } from '#setup/setup.mjs';
import { readEnvironment } from './environment.ts';
import { freePort } from './ports.ts';

/** One thing that the local environment needs: what was found and, if that is not enough, what to do. */
export type Check = {
  readonly name: string;
  readonly found: string;
} /** `advice`: it works, but could work better. */ & (
  | { readonly ok: true; readonly advice?: string }
  | { readonly ok: false; readonly fix: string }
);

const SET_UP = 'Run `npm run setup`.';

/** Checks everything that `npm start` needs on this machine. Changes nothing. */
export async function doctor(): Promise<readonly Check[]> {
  return [
    node(),
    nodeModules(),
    python(),
    installed('Python tools', hasVenv(CLONE), 'requirements.txt'),
    mlflow(),
    disk(),
    // biome-ignore lint/style/noRestrictedImports: whether the package itself can be loaded is the question
    await loads('onnxruntime', () => import('onnxruntime-node')),
    // biome-ignore lint/style/noRestrictedImports: as above
    await loads('DuckDB', () => import('@duckdb/node-api')),
    await port(),
    { name: 'Docker', ok: true, found: 'not needed: functions run as processes' },
  ];
}

function node(): Check {
  const found = `${process.version}, ${process.platform}-${process.arch}`;
  return pinnedNode(CLONE) === undefined
    ? { name: 'Node.js', ok: false, found: `${found}, but no Node 24 in node_modules`, fix: SET_UP }
    : { name: 'Node.js', ok: true, found };
}

function installed(name: string, ok: boolean, list: string): Check {
  return ok ? { name, ok, found: `as in ${list}` } : { name, ok, found: `differs from ${list}`, fix: SET_UP };
}

/** Nothing waits for MLflow, so it may not be installed yet. */
function mlflow(): Check {
  const found = hasVenv(CLONE, MLFLOW) ? `as in ${MLFLOW.list}` : '`npx tripcast up` installs it in the background';
  return { name: 'MLflow', ok: true, found };
}

function nodeModules(): Check {
  try {
    return installed('node_modules', hasNodeModules(CLONE), 'package-lock.json');
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return { name: 'node_modules', ok: false, found: 'not known', fix: error.message };
  }
}

function python(): Check {
  try {
    const { command, version } = findPython(process.env);
    return { name: 'Python', ok: true, found: `${version} (${command})` };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return { name: 'Python', ok: false, found: 'none new enough', fix: error.message };
  }
}

function disk(): Check {
  const { bavail, bsize } = statfsSync(CLONE);
  const freeBytes = bavail * bsize;
  const fix = diskProblem({ freeBytes, neededBytes: SET_UP_CLONE_BYTES, folder: CLONE });
  const found = `${(freeBytes / 2 ** 30).toFixed(1)} GB free`;
  return fix === undefined ? { name: 'Disk', ok: true, found } : { name: 'Disk', ok: false, found, fix };
}

async function loads(name: string, load: () => Promise<unknown>): Promise<Check> {
  try {
    await load();
    return { name, ok: true, found: 'loads' };
  } catch (error) {
    return { name, ok: false, found: `does not load: ${error instanceof Error ? error.message : error}`, fix: SET_UP };
  }
}

async function port(): Promise<Check> {
  const environment = readEnvironment();
  if (environment !== undefined)
    return { name: 'Port', ok: true, found: `${environment.port}: the environment is using it` };
  const wanted = Number(new URL(loadConfig('dev').endpointUrl ?? '').port);
  const free = await freePort(wanted);
  const found = free === wanted ? `${wanted} is free` : `${wanted} is taken: the emulator will use ${free}`;
  return { name: 'Port', ok: true, found };
}
