import { callerAccount } from '#adapters/sts.ts';
import { TripcastError } from '#errors.ts';
import type { Config } from '#lib/config/schema.ts';

/** Stops a command whose credentials belong to a different account than the configuration names. */
export async function checkAccount({ env, account }: Config): Promise<void> {
  if (account === null) return;
  const caller = await callerAccount();
  if (caller === account) return;
  throw new TripcastError(
    `The credentials belong to account ${caller}, but env/${env}.json names ${account}`,
    'Use the right profile (AWS_PROFILE), or correct the file.',
  );
}
