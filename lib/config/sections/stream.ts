import { z } from 'zod';
import { positive, streamName } from '../values.ts';

const eachStream = {
  events: streamName,
  predictions: streamName,
  retentionHours: z.int().min(24).max(8760),
  pollMilliseconds: positive.describe(
    'between reads of a shard by a command; AWS allows five reads a second per shard',
  ),
};

export const streams = z
  .discriminatedUnion('mode', [
    z.strictObject({ mode: z.literal('provisioned'), ...eachStream, shards: positive }),
    z.strictObject({ mode: z.literal('on-demand'), ...eachStream }),
  ])
  .describe('provisioned: paid by the shard; on-demand: AWS adds shards as traffic grows. docs/costs.md compares them');

export const eventSource = z
  .strictObject({
    batchSize: z.int().min(1).max(10_000),
    windowSeconds: z.int().min(0).max(300),
    parallelizationFactor: z.int().min(1).max(10).describe('batches of one shard scored at the same time'),
    bisectOnError: z.boolean(),
    retryAttempts: z.int().min(0).max(10_000),
    maximumAgeSeconds: z.int().min(60).max(604_800),
  })
  .describe('how Lambda reads the trip events; docs/runbook.md has the reasons for the values');

export const archive = z
  .strictObject({
    compression: z.enum(['GZIP', 'UNCOMPRESSED']),
    bufferMegabytes: z.int().min(1).max(128),
    bufferSeconds: z.int().min(0).max(900),
  })
  .describe(
    'the predictions stream in S3: an object is written when either buffer is full. The emulator does not compress.',
  );

interface StreamSettings {
  readonly streams: z.infer<typeof streams>;
  readonly eventSource: z.infer<typeof eventSource>;
}

/** How many batches Lambda scores at the same time. An on-demand stream has at least one shard. */
export function callsOfStream({ streams, eventSource }: StreamSettings): number {
  return (streams.mode === 'provisioned' ? streams.shards : 1) * eventSource.parallelizationFactor;
}
