import type { z } from 'zod';
import { TripcastError } from '#errors.ts';

/**
 * Parses a JSON object from the registry.
 * @param what what the body is not, if it cannot be parsed: `s3://... is not a model card`
 * @param fix  what to do about it
 * @throws TripcastError naming the invalid field
 */
export function parseObject<T>(schema: z.ZodType<T>, body: Uint8Array, what: string, fix: string): T {
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  throw new TripcastError(`${what} (${problem.join('; ')})`, fix);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined; // anything that is not JSON fails the schema, with the message that names the object
  }
}
