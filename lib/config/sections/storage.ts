import { z } from 'zod';
import { bucketName, days } from '../values.ts';

export const stateful = z.strictObject({ retain: z.boolean(), terminationProtection: z.boolean() });

export const buckets = z
  .strictObject({
    models: bucketName.nullable(),
    data: bucketName.nullable(),
    undelivered: bucketName.nullable(),
    accessLogs: bucketName.nullable(),
  })
  .describe('null = a name with the account and the region in it, since bucket names are global');

export const lifecycleDays = z.strictObject({
  raw: days,
  predictions: days,
  stream: days.describe('the archive of the predictions stream, and the profiles of its rides'),
  streamErrors: days,
  quarantine: days,
  undelivered: days,
  staging: days,
});

export const dataProtection = z.strictObject({
  oldVersionDays: days.describe('versions that were replaced or deleted, in the data and model buckets'),
  customerManagedKey: z.boolean().describe("the environment gets its own KMS key, instead of AWS's"),
});
