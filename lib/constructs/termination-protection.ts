import type { Construct } from 'constructs';
import { shown, TripcastError } from '#errors.ts';
import type { Config } from '../config.ts';

/**
 * Whether CloudFormation refuses to delete the stack, as its environment asks. The CDK CLI switches the protection on before
 * it executes the change set, and deletes a stack whose creation was rolled back before it deploys again, which a protected
 * one refuses. So the first deploy goes without (`--context protection=off`); the next one only switches it on.
 * @throws TripcastError for any other value of the context
 */
export function isProtected(scope: Construct, { stateful }: Config): boolean {
  const protection: unknown = scope.node.tryGetContext('protection');
  if (protection === undefined) return stateful.terminationProtection;
  if (protection === 'off') return false;
  throw new TripcastError(
    `--context protection=${shown(protection)} is not known`,
    'Use off for the first deploy, and leave it out after that.',
  );
}
