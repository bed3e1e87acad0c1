import { lambdaAlias } from '#adapters/lambda.ts';
import { LIVE_ALIAS, LIVE_FUNCTIONS } from '#lib/config/functions.ts';
import { functionName } from '#lib/config/names.ts';

/**
 * Points the live functions' aliases at their newest versions. LocalStack's CloudFormation cannot: an update of an alias
 * makes it roll the deploy back and delete the alias. So the template leaves them alone (`--context aliases=stay`).
 */
export async function moveAliases(): Promise<void> {
  for (const name of LIVE_FUNCTIONS) {
    const alias = lambdaAlias(functionName('dev', name), LIVE_ALIAS);
    const [{ version, revision }, versions] = await Promise.all([alias.read(), alias.versions()]);
    const newest = Math.max(...versions.map(({ number }) => number));
    if (newest !== version) await alias.move(newest, revision);
  }
}
