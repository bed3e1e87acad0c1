import type { z } from 'zod';
import { shown, TripcastError } from '#errors.ts';

/**
 * A state's input, checked.
 * @throws TripcastError naming each wrong field and its value
 */
export function checkedInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') return `unknown field ${issue.keys.map(shown).join(', ')}`;
    const value = issue.path.reduce<unknown>(valueAt, input);
    return `${issue.path.join('.') || 'the input'} is ${shown(value)} (${issue.message})`;
  });
  throw new TripcastError(`The input is wrong: ${problems.join('; ')}`, 'Fix the input and start again.');
}

const valueAt = (at: unknown, part: PropertyKey): unknown =>
  typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined;
