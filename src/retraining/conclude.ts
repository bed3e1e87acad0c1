import type { TrainingOutcome } from '#training/training-job.ts';
import type { Choice } from './choose.ts';
import { noticeOf } from './notice.ts';
import type { RetrainingOutcome } from './outcome.ts';
import type { RetrainingPlan } from './plan.ts';

/**
 * State Conclude: what came of a retraining, and the notice about it.
 * @param choice    null if there was nothing to choose from
 * @param promotion what came of promoting the best; null if that was not attempted
 */
export function conclude(plan: RetrainingPlan, choice: Choice | null, promotion: TrainingOutcome | null, env: string) {
  const { candidates, best } = choice ?? { candidates: [], best: null };
  const { taxi_type, month, reason } = plan;
  const outcome: RetrainingOutcome = {
    status: statusOf(candidates, best, promotion),
    taxi_type,
    month,
    reason,
    best,
    candidates: [...candidates],
    left_out: [...plan.left_out],
    champion: promotion?.champion ?? null,
  };
  return { outcome, notice: noticeOf(outcome, env) };
}

function statusOf(
  candidates: Choice['candidates'],
  best: string | null,
  promotion: TrainingOutcome | null,
): RetrainingOutcome['status'] {
  if (candidates.length === 0) return 'no-candidates';
  if (promotion?.status === 'promoted' || promotion?.status === 'lost-race') return promotion.status;
  if (promotion !== null) return 'refused';
  if (best !== null) return 'registered';
  if (candidates.some(({ status }) => status === 'lost-race')) return 'lost-race';
  return candidates.every(({ status }) => status === 'failed') ? 'failed' : 'refused';
}
