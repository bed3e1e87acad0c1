import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import { loadConfig } from '#lib/config/load.ts';
import { readCached } from '#setup/cached.mjs';
import { LOCAL } from '#setup/paths.mjs';
import { deployStack, type Outputs } from './deploy.ts';
import { readEnvironment } from './environment.ts';
import { lacks, localstackHealth } from './localstack.ts';

const recordSchema = z.object({ endpointUrl: z.url() });
const RECORD = join(LOCAL, 'localstack.json');

export interface OnLocalStack {
  readonly endpointUrl: string;
  readonly version: string;
  readonly lacks: readonly string[];
  readonly outputs: Outputs;
}

export interface LocalStackOptions {
  /** Default: the configuration's. */
  readonly endpointUrl?: string | undefined;
  /** What it cannot do, reported before anything is deployed. */
  readonly onLacks?: (sentences: readonly string[]) => void;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Deploys the dev stack to a LocalStack that someone else started. Commands go there from then on, until `down`.
 * @throws TripcastError when none answers, it lacks what the stack needs, or this clone's own emulator is up
 */
export async function upOnLocalStack(options: LocalStackOptions = {}): Promise<OnLocalStack> {
  const own = readEnvironment();
  if (own !== undefined) {
    throw new TripcastError(`The local environment is up at ${own.endpointUrl}`, 'Stop it first: `npx tripcast down`.');
  }
  const endpointUrl = options.endpointUrl ?? loadConfig('dev').endpointUrl ?? '';
  const health = await localstackHealth(endpointUrl);
  const sentences = lacks(health);
  options.onLacks?.(sentences);
  const { onLine, signal } = options;
  mkdirSync(LOCAL, { recursive: true });
  const outputs = await deployStack({ endpointUrl, ...(onLine && { onLine }), ...(signal && { signal }) });
  writeFileSync(RECORD, `${JSON.stringify({ endpointUrl })}\n`);
  return { endpointUrl, version: health.version, lacks: sentences, outputs };
}

/** The LocalStack that the stack was last deployed to; undefined if there is none. */
export function localstackEndpoint(): string | undefined {
  return readCached(
    RECORD,
    (text) => recordSchema.parse(JSON.parse(text)),
    'If a LocalStack was in use, run `npx tripcast up --emulator localstack` again.',
  )?.endpointUrl;
}

/** Commands no longer go there. LocalStack itself keeps running: it is not ours. */
export function forgetLocalStack(): void {
  rmSync(RECORD, { force: true });
}
