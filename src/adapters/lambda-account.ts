import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { TripcastError } from '#errors.ts';
import type { LambdaAccount } from '#operations/quotas.ts';
import { lambdaClient } from './lambda-client.ts';

/**
 * The account's Lambda quotas.
 * @param functionNames functions whose reservations belong to this environment; they need not exist
 */
export async function lambdaAccount(functionNames: readonly string[]): Promise<LambdaAccount> {
  const [{ AccountLimit }, ...reserved] = await Promise.all([
    lambdaClient().send(new GetAccountSettingsCommand({})),
    ...functionNames.map(reservedBy),
  ]);
  const { ConcurrentExecutions: concurrency, UnreservedConcurrentExecutions: unreserved } = AccountLimit ?? {};
  if (concurrency === undefined || unreserved === undefined) {
    throw new TripcastError('Lambda did not return the limits of the account', 'Try again.');
  }
  return { concurrency, unreserved, reservedHere: reserved.reduce((sum, each) => sum + each, 0) };
}

async function reservedBy(FunctionName: string): Promise<number> {
  try {
    const { ReservedConcurrentExecutions = 0 } = await lambdaClient().send(
      new GetFunctionConcurrencyCommand({ FunctionName }),
    );
    return ReservedConcurrentExecutions;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return 0; // before its first deploy
    throw error;
  }
}
