import type { LoadScorer } from '#model/scorer.ts';
import { adoptRun } from '#registry/adopt.ts';
import { type Registry, verdictLine } from '#registry/registry.ts';
import { VERDICT } from '#registry/run-folder.ts';
import type { TrainingOutcome } from './training-job.ts';

/**
 * Adds a staged run to the registry, with the gate's verdict next to its card.
 * @throws TripcastError when the run is not fully staged, or its copy does not reproduce its golden rides
 */
export async function registerStaged(
  job: TrainingOutcome,
  { registry, loadScorer }: { readonly registry: Registry; readonly loadScorer: LoadScorer },
): Promise<TrainingOutcome> {
  const verdict = { name: VERDICT, body: verdictLine(job.gate) };
  const staged = await registry.staged(job.run_id).files();
  await adoptRun(job.run_id, [...staged, verdict], registry, loadScorer);
  const { outcome } = job.gate;
  return {
    ...job,
    status: job.promote && outcome !== 'passed' ? outcome : 'registered',
    model: registry.uri(job.run_id, 'model.onnx'),
  };
}
