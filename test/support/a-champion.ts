import { join } from 'node:path';
import { ingestMonths } from '#cli/commands/ingest.ts';
import { trainAndRegister } from '#cli/commands/train.ts';
import type { Deployment } from '#cli/context.ts';
import type { RunId } from '#storage/run-id.ts';
import { parseMonths } from '#trips/month.ts';
import { silentTerminal } from './silent-terminal.ts';
import { realMonth } from './tlc-files.ts';

/** The emulator's green champion: the existing one, or else a linear-pair of 2023-03. */
export async function aGreenChampion(to: Deployment): Promise<RunId> {
  const terminal = silentTerminal();
  const train = parseMonths('2023-03');
  const source = join(realMonth('2023-04'), '..');
  await ingestMonths(to, parseMonths('2023-03..2023-04'), { taxiType: 'green', source }, terminal);
  const champion = await to.registry.champion('green');
  if (champion !== undefined) return champion.pointer.run_id;
  const options = { recipe: 'linear-pair', taxiType: 'green', train, promote: true, local: false } as const;
  return (await trainAndRegister(to, options, terminal)).card.run_id;
}
