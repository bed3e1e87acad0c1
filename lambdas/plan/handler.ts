import { z } from 'zod';
import { count, functionEnv, optionalText } from '#adapters/function-env.ts';
import { S3Store } from '#adapters/s3.ts';
import { backfillRequestSchema, monthRequestSchema, planBackfill, planMonth } from '#batch/plan.ts';
import { checkedInput } from '#function-input.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';
import { registry } from '../model-registry.ts';

const env = functionEnv(
  z.object({
    DATA_BUCKET: z.string(),
    SERVED_TAXI_TYPE: taxiTypeSchema,
    SCHEDULE_TIME_ZONE: z.string(),
    SCHEDULE_MONTHS_BACK: count,
    SCHEDULE_LOOK_BACK_MONTHS: count,
    INPUT_FILE_PATTERN: optionalText,
  }),
);

const deps = {
  data: new S3Store(env.DATA_BUCKET),
  registry,
  defaultTaxiType: env.SERVED_TAXI_TYPE,
  timeZone: env.SCHEDULE_TIME_ZONE,
  monthsBack: env.SCHEDULE_MONTHS_BACK,
  lookBackMonths: env.SCHEDULE_LOOK_BACK_MONTHS,
  inputPattern: env.INPUT_FILE_PATTERN,
};

/** State Plan of both state machines: the month that is due plus those still owed, or from..to of a backfill. */
export async function handler(input: unknown) {
  return isRange(input)
    ? planBackfill(checkedInput(backfillRequestSchema, input), deps)
    : planMonth(checkedInput(monthRequestSchema, input), deps);
}

const isRange = (input: unknown) => typeof input === 'object' && input !== null && ('from' in input || 'to' in input);
