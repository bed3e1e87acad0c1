import { type PromotionOptions, promoteRun } from '#registry/promotion.ts';
import type { Registry } from '#registry/registry.ts';
import { judgedOver } from '#registry/verdict.ts';
import type { TrainingOutcome } from './training-job.ts';

/**
 * The last step of a training: promotes the run, but only over the champion that the gate compared it with.
 * @throws TripcastError when the run is not registered, or does not reproduce its golden rides
 * @example
 * const registered = await registerStaged(gated, { registry, loadScorer });
 * const { status } = await promoteTrained(registered, { registry, loadScorer, at: new Date() }); // 'promoted' or why not
 */
export async function promoteTrained(
  job: TrainingOutcome,
  { registry, ...how }: Omit<PromotionOptions, 'by'> & { readonly registry: Registry },
): Promise<TrainingOutcome> {
  const over = judgedOver(job.gate);
  const promotion = await promoteRun(registry, job.run_id, { ...how, by: job.promoted_by, over });
  if (promotion.outcome === 'refused') return { ...job, status: 'refused' };
  if (promotion.outcome === 'lost-race') return { ...job, status: 'lost-race', champion: promotion.winner };
  return { ...job, status: 'promoted', champion: promotion.pointer };
}
