import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { CLONE } from '#setup/paths.mjs';
import type { Ended } from './run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Runs the command line as a person does, in a process of its own where no environment is up. */
export function runProcess(
  words: readonly string[],
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<Ended> {
  const env = { ...process.env, TRIPCAST_LOCAL: temporaryFolder(), ...variables };
  const command = [join(CLONE, 'bin/tripcast.mjs'), ...words];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: CLONE, env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err });
    });
  });
}
