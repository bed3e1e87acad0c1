import type { Construct } from 'constructs';
import { shown, TripcastError } from '#errors.ts';
import type { Config } from '../config/schema.ts';

/**
 * Whether CloudFormation refuses to delete the stack, as its environment asks. The CDK CLI turns the protection on
 * before it executes the change set. If creation was rolled back, the CLI deletes the stack before it deploys again,
 * and the protection prevents that. So the first deploy goes without (`--context protection=off`); the next one just
 * turns it on.
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
