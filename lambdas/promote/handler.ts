import { z } from 'zod';
import { functionEnv } from '../../src/adapters/function-env.ts';
import { enableEventSource } from '../../src/adapters/lambda.ts';
import { loadScorer } from '../../src/adapters/onnxruntime.ts';
import { checkedInput } from '../../src/batch/request.ts';
import { promoteTrained } from '../../src/registry/promotion.ts';
import { type TrainingOutcome, trainingOutcomeSchema } from '../../src/registry/training-job.ts';
import { taxiTypeSchema } from '../../src/trips/taxi-type.ts';
import { registry } from '../model-registry.ts';

const env = functionEnv(z.object({ EVENT_SOURCE_ID: z.string().min(1), SERVED_TAXI_TYPE: taxiTypeSchema }));

/** State Promote: the run becomes the champion, unless another did since the gate looked. The first one lets the stream flow. */
export async function handler(input: unknown): Promise<TrainingOutcome> {
  const job = checkedInput(trainingOutcomeSchema, input);
  const outcome = await promoteTrained(job, { registry, loadScorer, at: new Date() });
  const isFirst = outcome.status === 'promoted' && outcome.champion?.sequence === 1;
  if (isFirst && job.taxi_type === env.SERVED_TAXI_TYPE) await enableEventSource(env.EVENT_SOURCE_ID);
  return outcome;
}
