import { z } from 'zod';
import { metricSink } from '#adapters/cloudwatch.ts';
import { count, functionEnv } from '#adapters/function-env.ts';
import { S3Store } from '#adapters/s3.ts';
import { runningExecutions } from '#adapters/step-functions.ts';
import { checkMonth, checkRequestSchema } from '#batch/check-month.ts';
import { systemClock } from '#clock.ts';
import { checkedInput } from '#function-input.ts';
import { taxiTypeSchema } from '#trips/taxi-type.ts';

const env = functionEnv(
  z.object({
    TRIPCAST_ENV: z.string(),
    DATA_BUCKET: z.string(),
    SERVED_TAXI_TYPE: taxiTypeSchema,
    SCHEDULE_TIME_ZONE: z.string(),
    SCHEDULE_MONTHS_BACK: count,
    MONTHLY_BATCH_ARN: z.string(),
  }),
);

const deps = {
  data: new S3Store(env.DATA_BUCKET),
  defaultTaxiType: env.SERVED_TAXI_TYPE,
  timeZone: env.SCHEDULE_TIME_ZONE,
  monthsBack: env.SCHEDULE_MONTHS_BACK,
  executions: { running: () => runningExecutions(env.MONTHLY_BATCH_ARN) },
  metrics: metricSink('tripcast', { environment: env.TRIPCAST_ENV }),
  clock: systemClock,
};

/** Runs on its own schedule, the day after the monthly one: was the month scored, or is it being worked on? */
export async function handler(input: unknown) {
  return checkMonth(checkedInput(checkRequestSchema, input), deps);
}
