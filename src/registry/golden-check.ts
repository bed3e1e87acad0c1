import { z } from 'zod';
import { checkGoldenRides } from '#model/golden/golden.ts';
import { runIdSchema } from '#storage/run-id.ts';
import type { ModelSource } from './model-source.ts';

const requestSchema = z.object({ check: z.literal('golden-rides') });

/** The event that has a serving function score its model's golden rides; a rollout and the smoke tests send it. */
export const GOLDEN_CHECK: Readonly<z.infer<typeof requestSchema>> = { check: 'golden-rides' };

/** The function's answer. */
export const goldenAnswerSchema = z.object({
  run_id: runIdSchema,
  checked: z.int().positive(),
  /** Minutes. */
  max_difference: z.number(),
});
export type GoldenAnswer = Readonly<z.infer<typeof goldenAnswerSchema>>;

/** Whether a function was invoked with {@link GOLDEN_CHECK}. */
export const isGoldenCheck = (event: unknown): boolean => requestSchema.safeParse(event).success;

/**
 * Scores the served model's golden rides where it is deployed.
 * @throws TripcastError when there is no model to check
 * @example
 * if (isGoldenCheck(event)) return goldenCheck(model);
 */
export async function goldenCheck(source: ModelSource): Promise<GoldenAnswer> {
  const { runId, scorer, golden } = await source.current();
  return { run_id: runId, ...(await checkGoldenRides(scorer, golden)) };
}
