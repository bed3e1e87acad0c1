import { z } from 'zod';
import type { EnvironmentName } from './environment-files.ts';
import { publication, query, schedule } from './sections/batch.ts';
import { functions, reservedConcurrency } from './sections/functions.ts';
import { engine, gate, model } from './sections/model.ts';
import { monitoring } from './sections/monitoring.ts';
import { alarms, budget } from './sections/notices.ts';
import { api, serving } from './sections/serving.ts';
import { buckets, dataProtection, lifecycleDays, stateful } from './sections/storage.ts';
import { archive, callsOfStream, eventSource, streams } from './sections/stream.ts';

const settingsSchema = z.strictObject({
  endpointUrl: z.url().nullable().describe('the emulator; null = AWS itself'),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region, for example eu-north-1'),
  account: z
    .string()
    .regex(/^\d{12}$/, 'an AWS account: 12 digits')
    .nullable()
    .describe("null = the account of the caller's credentials"),
  packaging: z.enum(['zip', 'image']),
  assets: z.enum(['cli-credentials', 'bootstrap']).describe('who uploads assets: the caller, or the bootstrap roles'),
  tags: z
    .record(z.string().regex(/^[\w.:/=+@-]{1,128}$/), z.string().min(1).max(256))
    .describe('on everything deployed, in addition to project and environment'),
  stateful,
  logs: z.strictObject({
    retentionDays: z.union([7, 14, 30, 90, 180, 365].map((n) => z.literal(n))),
    level: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
    workflowLevel: z.enum(['ALL', 'ERROR', 'FATAL', 'OFF']).describe('of the state machines'),
    workflowData: z.boolean().describe('whether the log includes the input and output of each state'),
    bucketAccess: z.boolean().describe('whether requests to the buckets are logged, in a separate bucket'),
  }),
  buckets,
  lifecycleDays,
  dataProtection,
  streams,
  eventSource,
  archive,
  model,
  engine,
  functions,
  reservedConcurrency,
  budget,
  gate,
  schedule,
  publication,
  query,
  api,
  serving,
  monitoring,
  alarms,
});

export const configSchema = settingsSchema
  .refine(({ eventSource, streams }) => eventSource.maximumAgeSeconds < streams.retentionHours * 3600, {
    path: ['eventSource', 'maximumAgeSeconds'],
    message:
      'less than streams.retentionHours: Lambda must give up on a record, and store it, before the stream drops it',
  })
  .refine(({ archive, alarms }) => archive.bufferSeconds < alarms.archiveAgeMinutes * 60, {
    path: ['archive', 'bufferSeconds'],
    message: 'less than alarms.archiveAgeMinutes: Firehose may buffer a prediction that long with nothing wrong',
  })
  .refine((settings) => (settings.reservedConcurrency['stream-score'] ?? Infinity) >= callsOfStream(settings), {
    path: ['reservedConcurrency', 'stream-score'],
    message: 'at least streams.shards x eventSource.parallelizationFactor: a reservation is also a limit',
  })
  .refine(({ endpointUrl, api }) => endpointUrl !== null || api.authorization !== 'none' || api.openBecause !== null, {
    path: ['api', 'authorization'],
    message: 'iam or jwt on AWS; if the API is to be open to everyone, say why in api.openBecause',
  });

export type Config = z.infer<typeof configSchema> & { readonly env: EnvironmentName };
