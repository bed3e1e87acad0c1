import { hostname } from 'node:os';
import { z } from 'zod';
import { createBucketAt, S3Store } from '#adapters/s3.ts';
import { TripcastError } from '#errors.ts';
import { LOCAL } from '#setup/paths.mjs';
import { assetPlace } from './deploy.ts';

const KEY = 'tripcast-claim.json';
const claimSchema = z.object({ machine: z.string(), folder: z.string() });
/** Who deploys from here. */
const MINE = { machine: hostname(), folder: LOCAL };

/**
 * Marks a LocalStack as this clone's. Its stack, functions and buckets have fixed names: two clones would overwrite each
 * other's. Whoever finds no stack there may take it over.
 * @throws TripcastError when another clone's stack is deployed there
 */
export async function claimLocalStack(endpointUrl: string, hasStack: boolean): Promise<void> {
  const { bucket, ...place } = assetPlace(endpointUrl);
  await createBucketAt(place, bucket);
  const store = new S3Store(bucket);
  const found = await store.get(KEY);
  const holder = found && claimSchema.parse(JSON.parse(new TextDecoder().decode(found.body)));
  if (holder?.machine === MINE.machine && holder.folder === MINE.folder) return;
  if (hasStack && holder !== undefined) {
    throw new TripcastError(
      `The LocalStack at ${endpointUrl} holds the stack of another clone (${holder.folder} on ${holder.machine})`,
      'Run `npx tripcast destroy` there, or start a LocalStack of your own on another port (docs/deploy.md).',
    );
  }
  await store.put(KEY, JSON.stringify(MINE));
}
