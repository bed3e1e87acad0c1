import { LambdaClient, paginateListVersionsByFunction } from '@aws-sdk/client-lambda';
import { TripcastError } from '#errors.ts';
import type { Version } from '#operations/rollout.ts';
import { clientOfPlace } from './client.ts';

/** The process's Lambda client. */
export const lambdaClient = clientOfPlace(() => new LambdaClient({}));

/** The published versions of a function, in any order, without `$LATEST`. */
export async function publishedVersions(FunctionName: string, client = lambdaClient()): Promise<readonly Version[]> {
  const pages = paginateListVersionsByFunction({ client }, { FunctionName });
  const found = await Array.fromAsync(pages, ({ Versions = [] }) => Versions);
  return found
    .flat()
    .filter(({ Version }) => Version !== '$LATEST')
    .map(({ Version, LastModified }) => ({ number: versionNumber(Version), madeAt: LastModified ?? '' }));
}

/** Published versions are numbers. An alias in tripcast never names `$LATEST`. */
export function versionNumber(text: string | undefined): number {
  const version = Number(text);
  if (Number.isInteger(version)) return version;
  throw new TripcastError(`${text} is not a published version`, 'Deploy the stack again.');
}
