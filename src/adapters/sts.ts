import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/** The account that this process's credentials belong to. */
export async function callerAccount(): Promise<string | undefined> {
  const { Account } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
  return Account;
}
