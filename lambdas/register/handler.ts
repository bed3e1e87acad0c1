import { loadScorer } from '#adapters/onnxruntime.ts';
import { checkedInput } from '#function-input.ts';
import { registerStaged } from '#training/register.ts';
import { type TrainingOutcome, trainingOutcomeSchema } from '#training/training-job.ts';
import { registry } from '../model-registry.ts';

/** State Register: turns a staged run and the gate's verdict into a run of the registry. */
export async function handler(input: unknown): Promise<TrainingOutcome> {
  return registerStaged(checkedInput(trainingOutcomeSchema, input), { registry, loadScorer });
}
