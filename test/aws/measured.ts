import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TripcastError } from '#errors.ts';
import { localstackHealth } from '#local/localstack.ts';
import { CLONE } from '#setup/paths.mjs';
import type { MeasuredOn } from './ledger.ts';

/** A column of the ledger, and what it measures: name and version, or region and date. */
export interface Measured {
  readonly on: MeasuredOn;
  readonly what: string;
}

/** The pinned emulator. */
export const MINISTACK: Measured = { on: 'ministack', what: `MiniStack ${pinned('ministack')}` };

function pinned(name: string): string | undefined {
  return new RegExp(`^${name}==(.+)$`, 'm').exec(readFileSync(join(CLONE, 'requirements.txt'), 'utf8'))?.[1];
}

/** Which emulator answers at this address. */
export async function emulatorOf(endpointUrl: string): Promise<Measured> {
  try {
    const { version } = await localstackHealth(endpointUrl);
    return { on: 'localstack', what: `LocalStack ${version}, free edition, functions as processes` };
  } catch (error) {
    if (error instanceof TripcastError) return MINISTACK;
    throw error;
  }
}
