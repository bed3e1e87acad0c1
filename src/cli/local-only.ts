import { loadConfig } from '#lib/config/load.ts';
import { WrongUsage } from './wrong-usage.ts';

/**
 * For the commands that only apply to the emulator on this machine.
 * @param fix what does the same for an environment on AWS
 * @throws WrongUsage for such an environment
 */
export function refuseUnlessLocal(command: string, env: string, fix: string): void {
  if (loadConfig(env).endpointUrl !== null) return;
  throw new WrongUsage(`\`tripcast ${command}\` is for the local environment, but ${env} is on AWS`, fix);
}
