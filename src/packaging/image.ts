import { join } from 'node:path';
import { withLock } from '#setup/lock.mjs';
import { CLONE_LOCAL } from '#setup/paths.mjs';
import { buildImageContext } from './bundle.ts';
import type { Docker } from './docker.ts';
import type { FunctionGroup } from './function-groups.ts';

export interface ImageOptions {
  readonly docker: Docker;
  readonly tag: string;
  /** What the functions run on. Default: AWS's own Node 24 base image, as in the Dockerfile. */
  readonly base?: string;
  /** The commit it is built from. */
  readonly codeVersion: string;
  readonly group: FunctionGroup;
}

/** Builds the image of a group of functions, linux/amd64 on any machine, as `cdk deploy` does for prod. */
export function buildImage({ docker, tag, base, codeVersion, group }: ImageOptions): Promise<void> {
  // A synthesis creates the same context in the same place.
  return withLock(join(CLONE_LOCAL, 'synthesis.lock'), async () => {
    const context = await buildImageContext(group);
    const from = base === undefined ? [] : ['--build-arg', `BASE_IMAGE=${base}`];
    const version = ['--build-arg', `CODE_VERSION=${codeVersion}`];
    await docker.run('build', '--platform', 'linux/amd64', '--tag', tag, ...version, ...from, context);
  });
}
