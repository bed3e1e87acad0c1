/**
 * What this machine must have before anything is installed. Each check returns one sentence: what failed, the value
 * found, the fix; or undefined when all is well.
 * Plain JavaScript without dependencies, since an old Node may be running it.
 */

const GIB = 2 ** 30;

/** A clone's writes after setup, measured: bundles and assets 0.4 GB, each function running in the emulator 0.2 GB. */
export const SET_UP_CLONE_BYTES = 2 * GIB;

/**
 * Before that, on linux-x64: node_modules 1.1 GB, npm's cache 0.4 GB, the venv 0.1 GB, MLflow's 1.0 GB, the test tools'
 * 0.3 GB, pip's cache 0.4 GB.
 */
export const FRESH_CLONE_BYTES = 5.5 * GIB;

export const OLDEST_NODE = 20;
export const OLDEST_PYTHON = Object.freeze({ major: 3, minor: 10 });

/**
 * @param {string} version as `process.versions.node`, for example "20.20.2"
 * @returns {string | undefined}
 */
export function nodeProblem(version) {
  if (Number(version.split('.')[0]) >= OLDEST_NODE) return undefined;
  return `Node.js ${version} is too old: tripcast needs ${OLDEST_NODE} or newer. Install Node.js 24 from your package manager or from nodejs.org.`;
}

/**
 * @param {{ platform: string, arch: string, glibc: string | undefined }} machine glibc: its version; undefined on musl
 * @returns {string | undefined}
 */
export function platformProblem({ platform, arch, glibc }) {
  if (platform === 'win32') {
    return 'Windows itself is not supported (found win32): open the clone inside WSL2 (`wsl --install`) and run the same command there.';
  }
  if (!['linux', 'darwin'].includes(platform) || !['x64', 'arm64'].includes(arch)) {
    return `${platform}-${arch} is not supported: use Linux or macOS on x64 or arm64.`;
  }
  if (platform === 'linux' && !isGlibc(glibc)) {
    return `The C library is ${glibc === undefined ? 'not glibc' : `glibc ${glibc}`}: the prebuilt engines need glibc 2.28 or newer. Use Debian 10, Ubuntu 20.04, Fedora 29 or later (not Alpine).`;
  }
  return undefined;
}

/** @param {string | undefined} version */
function isGlibc(version) {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 28);
}

/**
 * @param {{ command: string, version: string | undefined }[]} tried in this order; version undefined: did not run
 * @returns {string | undefined}
 */
export function pythonProblem(tried) {
  if (tried.some(({ version }) => isPython(version))) return undefined;
  const needed = `${OLDEST_PYTHON.major}.${OLDEST_PYTHON.minor}`;
  const found = tried.filter(({ version }) => version !== undefined);
  const value =
    found.length === 0 ? 'none was found' : found.map((one) => `${one.command} is ${one.version}`).join(', ');
  return `Python ${needed} or newer is needed for the AWS emulator, but ${value} (tried ${tried.map(({ command }) => command).join(', ')}). Install python3, or name one: TRIPCAST_PYTHON=/path/to/python3.`;
}

/**
 * @param {string | undefined} version for example "3.11.7"
 * @returns {boolean}
 */
export function isPython(version) {
  if (version === undefined) return false;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST_PYTHON.major || (major === OLDEST_PYTHON.major && minor >= OLDEST_PYTHON.minor);
}

/**
 * Node resolves the rooms' names (`#model/...`, package.json's imports) by replacing every `*` of the resolved address
 * with the file's name, including one in the clone's own path (lib/internal/modules/esm/resolve.js). Others do no harm.
 * @param {string} folder the clone
 * @returns {string | undefined}
 */
export function pathProblem(folder) {
  if (!folder.includes('*')) return undefined;
  return `${folder} has a * in its path, which Node.js cannot import from: move the clone to a path without one.`;
}

/**
 * @param {{ freeBytes: number, neededBytes: number, folder: string }} disk
 * @returns {string | undefined}
 */
export function diskProblem({ freeBytes, neededBytes, folder }) {
  if (freeBytes >= neededBytes) return undefined;
  return `The disk of ${folder} has ${gigabytes(freeBytes)} free: tripcast needs ${gigabytes(neededBytes)} here. Free some space, or clone to a larger disk.`;
}

/** @param {number} bytes */
const gigabytes = (bytes) => `${(bytes / GIB).toFixed(1)} GB`;
