import { z } from 'zod';
import { functionEnv } from '#adapters/function-env.ts';
import { S3Store } from '#adapters/s3.ts';
import { checkedInput } from '#function-input.ts';
import { candidateResultSchema, choiceSchema, chooseBest } from '#retraining/choose.ts';
import { conclude } from '#retraining/conclude.ts';
import { planRetraining, retrainingPlanSchema } from '#retraining/plan.ts';
import { retrainingRequestSchema, retrainPolicySchema } from '#retraining/policy.ts';
import { trainingOutcomeSchema } from '#training/training-job.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';
import { registry } from '../model-registry.ts';

const env = functionEnv(
  z.object({
    TRIPCAST_ENV: z.string(),
    DATA_BUCKET: z.string(),
    SERVED_TAXI_TYPE: taxiTypeSchema,
    SCHEDULE_TIME_ZONE: z.string(),
    RETRAIN: z.string().transform((text) => retrainPolicySchema.parse(JSON.parse(text))),
  }),
);
const data = new S3Store(env.DATA_BUCKET);

const inputSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('Plan'), request: retrainingRequestSchema, startedAt: z.iso.datetime({ offset: true }) }),
  z.object({ state: z.literal('Choose'), plan: retrainingPlanSchema, results: z.array(candidateResultSchema) }),
  z.object({
    state: z.literal('Conclude'),
    plan: retrainingPlanSchema,
    choice: choiceSchema.nullable(),
    promotion: trainingOutcomeSchema.nullable(),
  }),
]);

/** States Plan, Choose and Conclude of a retraining: what comes before the candidates are trained, and after. */
export async function handler(input: unknown) {
  const asked = checkedInput(inputSchema, input);
  switch (asked.state) {
    case 'Plan':
      return planRetraining(asked.request, {
        data,
        registry,
        policy: env.RETRAIN,
        defaultTaxiType: env.SERVED_TAXI_TYPE,
        startedAt: new Date(asked.startedAt),
        timeZone: env.SCHEDULE_TIME_ZONE,
      });
    case 'Choose':
      return chooseBest(asked.plan, asked.results, { registry, data });
    case 'Conclude':
      return conclude(asked.plan, asked.choice, asked.promotion, env.TRIPCAST_ENV);
  }
}
