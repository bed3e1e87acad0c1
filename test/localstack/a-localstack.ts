import { mkdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { stopGroup } from '#local/emulator.ts';
import { OPT } from '#local/localstack-up.ts';
import { CLONE_LOCAL } from '#setup/paths.mjs';
import { processesWith } from '#setup/processes.mjs';
import { findImage, startContainer } from './container.ts';
import { installLocalStack } from './install.ts';
import { type LocalStackServer, startLocalStack } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly localstackUrl: string;
    /** Whether functions run in LocalStack's own containers. */
    readonly inContainers: boolean;
  }
}

/** Away from the ports of `npm start` and of the other tests. */
const FIRST_PORT = 4950;

/** One LocalStack for all tests of this folder; gone however the run ends. */
export default async function localstackForAllTests(project: TestProject): Promise<() => Promise<void>> {
  const dir = join(CLONE_LOCAL, 'test-localstack');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const image = await findImage();
  const server = image === undefined ? await startWithoutImage(dir) : await startContainer(FIRST_PORT);
  const forget = stopWhenThisProcessEnds(server);
  project.provide('localstackUrl', server.endpointUrl);
  project.provide('inContainers', image !== undefined);
  return async () => {
    await server.stop();
    forget();
  };
}

async function startWithoutImage(dir: string): Promise<LocalStackServer> {
  const installed = await installLocalStack(console.log);
  await Promise.all(processesWith(installed.kinesis).map(stopGroup)); // left by a run that was killed
  return startLocalStack({ ...installed, port: FIRST_PORT, dir, opt: OPT });
}

/** Ctrl-C and a crash of the runner skip its teardown; only synchronous work still happens then. */
function stopWhenThisProcessEnds({ kill }: LocalStackServer): () => void {
  const leave = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal]);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  process.once('exit', kill);
  for (const signal of signals) process.once(signal, leave);
  return () => {
    process.off('exit', kill);
    for (const signal of signals) process.off(signal, leave);
  };
}
