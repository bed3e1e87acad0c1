import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shown, TripcastError } from '#errors.ts';

/**
 * The folder of the environments, one JSON file each. It is two folders above this file in the sources and above the
 * command line's bundle, which reads it too: a file added or changed there needs no new bundle.
 */
export const ENVIRONMENT_FOLDER = join(fileURLToPath(new URL('../..', import.meta.url)), 'env');

/**
 * Part of every deployed name. No hyphens: `tripcast-prod-*` in an alarm's or a role's ARN would also match what an
 * environment `prod-eu` has. Twenty characters keep the longest name, a bucket's, within its limit of 63.
 */
const NAME = /^[a-z][a-z0-9]{0,19}$/;

/** The names of the environments that exist. */
export function environments(folder = ENVIRONMENT_FOLDER): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .filter((name) => NAME.test(name))
    .sort();
}

/** An environment is one file, env/{name}.json, and one stack, `tripcast-{name}`. All differences are in that file. */
export const ENVIRONMENTS = environments();
export type EnvironmentName = string;

/**
 * The name of an environment that exists.
 * @throws TripcastError listing those that do: for any other name, including a path
 */
export function environmentName(name: string, folder = ENVIRONMENT_FOLDER): string {
  if (environments(folder).includes(name)) return name;
  const existing = `Use --context env=NAME (cdk) or --env NAME (tripcast) with one of: ${environments(folder).join(', ')}`;
  if (NAME.test(name)) {
    throw new TripcastError(`There is no environment ${shown(name)}`, `${existing}. Or add env/${name}.json.`);
  }
  throw new TripcastError(
    `${shown(name)} cannot be the name of an environment`,
    `${existing}. A name has 1 to 20 lowercase letters and digits, and starts with a letter.`,
  );
}

/**
 * The contents of an environment's file, unchecked.
 * @throws TripcastError when there is no such environment, or its file is not JSON
 */
export function readEnvironmentFile(name: string, folder = ENVIRONMENT_FOLDER): unknown {
  const text = readFileSync(join(folder, `${environmentName(name, folder)}.json`), 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TripcastError(`env/${name}.json is not JSON: ${reason}`, `Fix env/${name}.json.`, { cause: error });
  }
}
