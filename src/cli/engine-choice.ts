import { type EngineChoice, engineSchema } from '#adapters/engine.ts';
import { readEnvironmentFile } from '#lib/config/environment-files.ts';

/**
 * `engine` in env/{env}.json. A command that uses nothing else of the file does without the schema of all of it, which
 * takes 25 ms to set up.
 * @throws TripcastError when it is not an engine: what is wrong with the file
 */
export async function engineChoice(env: string): Promise<EngineChoice> {
  const found = engineSchema.safeParse(Object(readEnvironmentFile(env)).engine);
  if (found.success) return found.data;
  const { loadConfig } = await import('#lib/config/load.ts');
  return loadConfig(env).engine;
}
