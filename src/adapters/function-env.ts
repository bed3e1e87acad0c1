import { z } from 'zod';
import { TripcastError } from '#errors.ts';

/** Variables as the stack sets them: an empty string means "not set". */
export const optionalText = z.string().transform((text) => (text === '' ? undefined : text));
/** `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
/** A whole number, 0 or more. */
export const count = z.string().regex(/^\d+$/).transform(Number);

/**
 * The function's environment variables, checked.
 * @throws TripcastError naming each variable that is missing or wrong: a deployment error, reported once at cold start.
 */
export function functionEnv<S extends z.ZodType>(schema: S): z.output<S> {
  const parsed = schema.safeParse(process.env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')} (${issue.message})`);
  throw new TripcastError(`The function's environment is wrong: ${problems.join(', ')}`, 'Deploy the stack again.');
}

/** The variables of every function that looks up a model. */
export const modelEnv = {
  MODEL_BUCKET: z.string().min(3),
  MODEL_EXPERIMENT: z.string().min(1),
  REGISTERED_MODEL_GREEN: z.string().min(1),
  REGISTERED_MODEL_YELLOW: z.string().min(1),
} as const;
