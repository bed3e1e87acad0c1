import type { z } from 'zod';
import { shown, TripcastError } from '#errors.ts';
import { ENVIRONMENT_FOLDER, type EnvironmentName, readEnvironmentFile } from './environment-files.ts';
import { type Config, configSchema } from './schema.ts';

/**
 * The checked contents of env/{name}.json.
 * @throws TripcastError naming the environments that exist, or the file, the key, the value and what is allowed.
 */
export function loadConfig(name: EnvironmentName, folder = ENVIRONMENT_FOLDER): Config {
  return parseConfig(name, `env/${name}.json`, readEnvironmentFile(name, folder));
}

/** Like {@link loadConfig}, for a value already read. @param file its name, for messages */
export function parseConfig(env: EnvironmentName, file: string, value: unknown): Config {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return { ...parsed.data, env };
  const problems = parsed.error.issues.map((issue) => `  ${describe(issue, value)}`);
  throw new TripcastError(`${file} is not a valid configuration:\n${problems.join('\n')}`, `Fix ${file}.`);
}

function describe(issue: z.core.$ZodIssue, root: unknown): string {
  const key = issue.path.join('.') || '(the file)';
  if (issue.code === 'unrecognized_keys') return `${key}: unknown key ${issue.keys.map(shown).join(', ')}`;
  const value = issue.path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
    root,
  );
  return `${key}: ${shown(value)} is not allowed: ${issue.message}`;
}
