import { z } from 'zod';
import { checkGoldenRides } from '#model/golden/golden.ts';
import type { RunId } from '#storage/run-id.ts';
import type { ModelSource } from './model-source.ts';

const goldenCheckSchema = z.object({ check: z.literal('golden-rides') });

/** Whether a function was invoked with `{"check":"golden-rides"}`, as smoke tests, image tests and rollouts do. */
export const isGoldenCheck = (event: unknown) => goldenCheckSchema.safeParse(event).success;

/** Scores the served model's golden rides where it is deployed. `max_difference` is in minutes. */
export async function goldenCheck(
  source: ModelSource,
): Promise<{ readonly run_id: RunId; readonly checked: number; readonly max_difference: number }> {
  const { runId, scorer, golden } = await source.current();
  return { run_id: runId, ...(await checkGoldenRides(scorer, golden)) };
}
