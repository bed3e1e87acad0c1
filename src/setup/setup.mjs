// `npm run setup`: installs everything a fresh clone needs, and nothing if it is already there. Plain JavaScript
// without dependencies, since it runs before there is a node_modules, on whatever Node the machine has.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommandLine, freshBundle } from './cli-bundle.mjs';
import { withLock } from './lock.mjs';
import { outliveReaders } from './output.mjs';
import { pinnedNode } from './pinned-node.mjs';
import * as requirements from './requirements.mjs';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A requirement that this machine does not meet, or an install that failed: one sentence for a person. */
export class SetupError extends Error {}

/**
 * Installs what is missing: node_modules according to package-lock.json, the private venvs according to their
 * requirements, and the `tripcast` command, bundled. Two setups in one clone wait for each other.
 * @param {{ root?: string, extras?: readonly Extra[], log?: (line: string) => void, signal?: AbortSignal }} [options]
 *   extras: what to install in addition to the main job's needs. Default: all of them
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function setUp({ root = ROOT, extras = EXTRAS, log = () => {}, signal } = {}) {
  check(requirements.nodeProblem(process.versions.node));
  check(requirements.pathProblem(root));
  await withLock(join(root, '.tripcast', 'setup.lock'), () => installMissing(root, extras, log, signal), {
    onWait: ({ pid }) => log(`Waiting for another set-up of this clone (pid ${pid})`),
    ...(signal && { signal }),
  });
}

/**
 * Installs MLflow if it is missing. The local environment does so too, in the background: the second one waits.
 * @param {string} root
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function installMlflow(root, signal) {
  await withLock(
    join(root, '.tripcast', 'setup-mlflow.lock'),
    async () => {
      if (!hasVenv(root, MLFLOW)) await installVenv(MLFLOW, findPython(process.env))(root, signal);
    },
    { signal },
  );
}

/**
 * @param {string} root
 * @param {readonly Extra[]} extras
 * @param {(line: string) => void} log
 * @param {AbortSignal | undefined} signal
 */
async function installMissing(root, extras, log, signal) {
  const lacks = (/** @type {Extra} */ extra) => extras.includes(extra) && !hasVenv(root, VENVS[extra]);
  const steps = [
    ...(hasNodeModules(root) ? [] : [{ name: 'node_modules', extra: false, install: installNodeModules }]),
    ...(hasVenv(root)
      ? []
      : [{ name: 'Python tools', extra: false, install: installVenv(TOOLS, findPython(process.env)) }]),
    ...(lacks('checks')
      ? [{ name: 'test tools', extra: true, install: installVenv(CHECKS, findPython(process.env)) }]
      : []),
    ...(lacks('mlflow') ? [{ name: 'MLflow', extra: true, install: installMlflow }] : []),
  ];

  const neededBytes = steps.length === 0 ? requirements.SET_UP_CLONE_BYTES : requirements.FRESH_CLONE_BYTES;
  check(requirements.diskProblem({ freeBytes: freeBytes(root), neededBytes, folder: root }));
  if (steps.length > 0) {
    check(requirements.platformProblem({ platform: process.platform, arch: process.arch, glibc: glibcVersion() }));
    const time = lacks('mlflow') ? 'one to three minutes' : 'about a minute';
    log(`Installing ${steps.map(({ name }) => name).join(' and ')} (once; ${time})`);
  }

  const stop = new AbortController();
  signal?.addEventListener('abort', () => stop.abort(signal.reason), { once: true });
  const started = performance.now();
  const outcomes = await Promise.allSettled(
    steps.map(async ({ name, install, extra }) => {
      try {
        await install(root, stop.signal);
        log(`${name} installed, ${secondsSince(started)} s`);
      } catch (error) {
        const failure =
          extra && error instanceof SetupError
            ? new SetupError(`${error.message}\n${name} could not be installed. \`npm start\` works without it.`)
            : error;
        stop.abort(failure); // the other step need not continue; its own failure then names this one
        throw failure;
      }
    }),
  );
  if (outcomes.some(({ status }) => status === 'rejected')) throw stop.signal.reason;
  linkCommand(root);
  if (freshBundle(root) === undefined) await bundle(root, log);
}

/**
 * What cannot be bundled cannot be run either, and says why when it is run: setup need not fail because of it.
 * @param {string} root
 * @param {(line: string) => void} log
 */
async function bundle(root, log) {
  try {
    await bundleCommandLine(root);
  } catch (error) {
    log(`The command line was not bundled: ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {string | undefined} problem */
function check(problem) {
  if (problem !== undefined) throw new SetupError(problem);
}

/**
 * Whether node_modules matches package-lock.json. npm writes its own record, node_modules/.package-lock.json, as the
 * last step of an install and removes it first: a half-done install has none.
 * @param {string} root
 * @returns {boolean}
 */
export function hasNodeModules(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record) || pinnedNode(root) === undefined) return false;
  const installed = packagesOf(record);
  const wantedPackages = packagesOf(join(root, 'package-lock.json'));
  if (wantedPackages === undefined) {
    throw new SetupError('package-lock.json is not valid JSON. Restore it: git checkout -- package-lock.json');
  }
  if (installed === undefined) return false; // damaged: what it lists is installed again
  return Object.entries(wantedPackages).every(([path, wanted]) => {
    const found = installed[path];
    if (found === undefined) return path === '' || wanted.optional === true; // optional: built for another platform
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/**
 * @param {string} lockFile
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }> | undefined} undefined: it is damaged
 */
function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages ?? undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/**
 * @param {string} root
 * @param {AbortSignal} signal
 */
async function installNodeModules(root, signal) {
  // All kinds are requested by name: NODE_ENV=production would leave the development ones out.
  const args = ['ci', '--include=dev', '--include=optional', '--loglevel=error', '--no-audit', '--no-fund'];
  const [command, ...first] = npmCommand(process.env);
  await run(command, [...first, ...args], { cwd: root, signal });
  if (pinnedNode(root) === undefined) {
    throw new SetupError(
      `npm ci installed no Node 24 for ${process.platform}-${process.arch}. Optional packages may be switched off: see \`npm config get omit\`.`,
    );
  }
}

/**
 * The npm running this script, on its own Node (the one in node_modules is about to be removed); else the one on PATH.
 * @param {NodeJS.ProcessEnv} env
 * @returns {[string, ...string[]]}
 */
export function npmCommand({ npm_execpath: script, npm_node_execpath: node }) {
  const isNpm = script !== undefined && basename(script) === 'npm-cli.js';
  return isNpm && node !== undefined && existsSync(node) ? [node, script] : ['npm'];
}

/**
 * A private venv: its folder, and the list of what it holds. There are several, so that none waits for another or
 * changes what another is running.
 * @typedef {{ folder: string, list: string, libraries?: string }} Venv libraries: a second list, of wheels wanted only
 *   for their shared library, and so without their dependencies
 */

/** What the main job needs. */
export const TOOLS = Object.freeze({
  folder: 'venv',
  list: 'requirements.txt',
  libraries: 'requirements-libraries.txt',
});
/** The largest part. `npm start` leaves it to the local environment, which installs it in the background. */
export const MLFLOW = Object.freeze({ folder: 'mlflow-venv', list: 'requirements-mlflow.txt' });
/** What only tests need. */
export const CHECKS = Object.freeze({ folder: 'checks-venv', list: 'requirements-checks.txt' });

/** @typedef {'mlflow' | 'checks'} Extra what the main job does not need */
const VENVS = Object.freeze({ mlflow: MLFLOW, checks: CHECKS });
/** @type {readonly Extra[]} */
export const EXTRAS = Object.freeze(['mlflow', 'checks']);

/**
 * The extras that a command line keeps: all except those it excludes with `--without-`.
 * @param {readonly string[]} args
 */
export const extrasOf = (args) => EXTRAS.filter((extra) => !args.includes(`--without-${extra}`));

/**
 * @param {string} root
 * @param {Venv} [venv]
 */
export const venvPython = (root, { folder } = TOOLS) => join(root, '.tripcast', folder, 'bin', 'python');

/**
 * @param {string} root
 * @param {Venv} venv
 */
const venvStamp = (root, { folder }) => join(root, '.tripcast', folder, 'installed');

/**
 * Whether the venv holds what its list requires, and its interpreter is still the one it was created with.
 * @param {string} root
 * @param {Venv} [venv]
 * @returns {boolean}
 */
export function hasVenv(root, venv = TOOLS) {
  return (
    existsSync(venvStamp(root, venv)) &&
    existsSync(venvPython(root, venv)) &&
    readFileSync(venvStamp(root, venv), 'utf8') === venvFingerprint(root, venv)
  );
}

/**
 * @param {string} root
 * @param {Venv} venv
 */
function venvFingerprint(root, venv) {
  const wanted = createHash('sha256');
  for (const list of listsOf(venv)) wanted.update(readFileSync(join(root, list)));
  return `${wanted.digest('hex')}\n${realpathSync(venvPython(root, venv))}\n`;
}

/** @param {Venv} venv */
const listsOf = ({ list, libraries }) => (libraries === undefined ? [list] : [list, libraries]);

/**
 * @param {Venv} venv
 * @param {{ command: string, version: string }} python
 * @returns {(root: string, signal: AbortSignal) => Promise<void>}
 */
const installVenv = (venv, python) => async (root, signal) => {
  const folder = join(root, '.tripcast', venv.folder);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  try {
    await run(python.command, ['-I', '-m', 'venv', folder], { cwd: root, signal });
  } catch (error) {
    if (!(error instanceof SetupError) || !/ensurepip|No module named venv/.test(error.message)) throw error;
    const minor = python.version.split('.').slice(0, 2).join('.');
    throw new SetupError(
      `Python ${python.version} (${python.command}) cannot make a virtual environment: its venv module is missing. On Debian and Ubuntu: apt-get install python${minor}-venv.`,
    );
  }
  // Always through the interpreter, never the venv's scripts: a space in the path breaks their first line.
  const pip = ['-I', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
  await run(venvPython(root, venv), [...pip, '-r', venv.list], { cwd: root, signal });
  if (venv.libraries !== undefined) {
    await run(venvPython(root, venv), [...pip, '--no-deps', '-r', venv.libraries], { cwd: root, signal });
  }
  writeFileSync(venvStamp(root, venv), venvFingerprint(root, venv));
};

/**
 * @param {NodeJS.ProcessEnv} env TRIPCAST_PYTHON names the interpreter
 * @returns {{ command: string, version: string }} the first that is new enough
 * @throws {SetupError}
 */
export function findPython({ TRIPCAST_PYTHON: named }) {
  const commands = named
    ? [named]
    : ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
  const tried = [];
  for (const command of commands) {
    const { stdout } = spawnSync(command, ['-I', '-c', 'import platform; print(platform.python_version())'], {
      encoding: 'utf8',
    });
    const version = stdout?.trim() || undefined;
    if (version !== undefined && requirements.isPython(version)) return { command, version };
    tried.push({ command, version });
  }
  throw new SetupError(requirements.pythonProblem(tried));
}

/**
 * npm links the commands of packages, but not those of the clone itself: this makes `npx tripcast` work.
 * @param {string} root
 */
function linkCommand(root) {
  const link = join(root, 'node_modules', '.bin', 'tripcast');
  if (existsSync(link)) return;
  chmodSync(join(root, 'bin', 'tripcast.mjs'), 0o755);
  rmSync(link, { force: true });
  symlinkSync(join('..', '..', 'bin', 'tripcast.mjs'), link);
}

/** @param {number} started of performance.now() */
const secondsSince = (started) => ((performance.now() - started) / 1000).toFixed(1);

/** @param {string} folder */
function freeBytes(folder) {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** @returns {string | undefined} */
function glibcVersion() {
  const report = process.report?.getReport();
  return /** @type {{ header?: { glibcVersionRuntime?: string } } | undefined} */ (report)?.header?.glibcVersionRuntime;
}

/**
 * Runs a command to completion; shows nothing unless it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, signal: AbortSignal }} options
 * @returns {Promise<void>}
 */
function run(command, args, { cwd, signal }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (error) =>
      reject(signal.aborted ? signal.reason : new SetupError(`${command} cannot be run: ${error.message}`)),
    );
    child.once('close', (code) => {
      if (code === 0) return resolve();
      reject(
        new SetupError(
          `\`${[basename(command), ...args].join(' ')}\` failed with exit code ${code}:\n${shortened(output)}`,
        ),
      );
    });
  });
}

/**
 * npm gives the reason for a failure first, pip last.
 * @param {string} output
 */
function shortened(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return (lines.length <= 20 ? lines : [...lines.slice(0, 10), '...', ...lines.slice(-10)]).join('\n');
}

/**
 * {@link setUp} as a command: progress as lines, a failure as one sentence, Ctrl-C as a clean stop.
 * @param {{ quiet: boolean, extras: readonly Extra[], work?: typeof setUp }} options quiet: standard output stays empty (the
 *   CDK reads it)
 * @returns {Promise<number>} the exit code
 */
export async function setUpAsCommand({ quiet, extras, work = setUp }) {
  outliveReaders();
  const stop = new AbortController();
  const onSignal = () => stop.abort(new SetupError('Interrupted: run it again to install the rest.'));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, onSignal);
  try {
    await work({ extras, log: quiet ? console.error : console.log, signal: stop.signal });
    return 0;
  } catch (error) {
    console.error(
      `setup: ${error instanceof SetupError ? error.message : error instanceof Error ? error.stack : error}`,
    );
    return 1;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, onSignal);
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const quiet = process.argv.includes('--quiet');
  // Not awaited here: the command line's bundle, which has this file in it, is made of CommonJS modules.
  setUpAsCommand({ quiet, extras: extrasOf(process.argv) }).then((code) => {
    process.exitCode = code;
  });
}
