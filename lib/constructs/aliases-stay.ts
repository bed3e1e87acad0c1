import type { Construct } from 'constructs';
import { shown, TripcastError } from '#errors.ts';

/**
 * Whether a deploy leaves the aliases where they are, for the deployer to move (`--context aliases=stay`). LocalStack needs
 * it: its CloudFormation cannot update an alias. An update makes it roll the deploy back and delete the alias.
 * @throws TripcastError for any other value of the context
 */
export function aliasesStay(scope: Construct): boolean {
  const aliases: unknown = scope.node.tryGetContext('aliases');
  if (aliases === undefined) return false;
  if (aliases === 'stay') return true;
  throw new TripcastError(
    `--context aliases=${shown(aliases)} is not known`,
    'Use stay if you move the aliases yourself, or leave it out.',
  );
}
