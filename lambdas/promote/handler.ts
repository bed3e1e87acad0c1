import { loadScorer } from '#adapters/onnxruntime.ts';
import { checkedInput } from '#function-input.ts';
import { promoteTrained } from '#training/promote.ts';
import { type TrainingOutcome, trainingOutcomeSchema } from '#training/training-job.ts';
import { registry } from '../model-registry.ts';

/** State Promote: makes the run the champion, unless another has become champion since the gate looked. */
export async function handler(input: unknown): Promise<TrainingOutcome> {
  const job = checkedInput(trainingOutcomeSchema, input);
  return promoteTrained(job, { registry, loadScorer, at: new Date() });
}
