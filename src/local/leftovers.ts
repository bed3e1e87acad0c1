import { readdirSync, rmSync } from 'node:fs';
import { processesWith } from '#setup/processes.mjs';
import { assemblyIn } from './deploy.ts';
import { homeOf, markOf, stopEmulator, stopGroup } from './emulator.ts';

/**
 * Stops a folder's emulators that no file records, because their `up` was killed before it could write one or the file
 * was damaged; and a deployment that such an `up` had begun. Each emulator has a folder that was created before it
 * started; its command line and the deployment's both name it, so that no other process is mistaken for them.
 * @returns the ports that the emulators had
 */
export async function stopLeftovers(dir: string): Promise<readonly number[]> {
  await Promise.all(processesWith(assemblyIn(dir)).map(stopGroup));
  const ports = readdirSync(dir).flatMap((name) => /^emulator-(\d+)$/.exec(name)?.[1] ?? []);
  const stopped = ports.map(async (port) => {
    const home = homeOf(dir, Number(port));
    const processes = processesWith(markOf(home));
    await Promise.all(processes.map((process) => stopEmulator({ process, home })));
    rmSync(home, { recursive: true, force: true });
    return processes.length === 0 ? [] : [Number(port)];
  });
  return (await Promise.all(stopped)).flat();
}
