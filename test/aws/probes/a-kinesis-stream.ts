import {
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  PutRecordsCommand,
  type PutRecordsCommandOutput,
} from '@aws-sdk/client-kinesis';
import type { Bench } from '../probe.ts';
import { until } from '../wait.ts';

/** Each stream of the probes begins with one shard. */
export const FIRST_SHARD = 'shardId-000000000000';

/** [partition key, data] */
export type Entry = readonly [string, Uint8Array | string];

export const put = (
  { kinesis, idOf }: Bench,
  streamId: string,
  entries: readonly Entry[],
): Promise<PutRecordsCommandOutput> =>
  kinesis.send(
    new PutRecordsCommand({
      StreamName: idOf(streamId),
      Records: entries.map(([PartitionKey, data]) => ({ PartitionKey, Data: Buffer.from(data) })),
    }),
  );

export type From = Omit<GetShardIteratorCommandInput, 'StreamName' | 'ShardId'>;
export const OLDEST: From = { ShardIteratorType: 'TRIM_HORIZON' };

export async function iterator(
  { kinesis, idOf }: Bench,
  streamId: string,
  from: From,
  ShardId = FIRST_SHARD,
): Promise<string> {
  const at = { StreamName: idOf(streamId), ShardId, ...from };
  const { ShardIterator = '' } = await kinesis.send(new GetShardIteratorCommand(at));
  return ShardIterator;
}

export const read = ({ kinesis }: Bench, ShardIterator: string, Limit?: number): Promise<GetRecordsCommandOutput> =>
  kinesis.send(new GetRecordsCommand({ ShardIterator, Limit }));

export const textsOf = ({ Records = [] }: GetRecordsCommandOutput) =>
  Records.map(({ Data }) => Buffer.from(Data ?? []).toString());

/** Keeps reading until there are enough records or the shard ends: a response can be empty even though records exist. */
export async function readSome(bench: Bench, start: string, least: number): Promise<readonly string[]> {
  const found: string[] = [];
  let next: string | undefined = start;
  return until(
    bench,
    async () => {
      if (next === undefined) return found;
      const page: GetRecordsCommandOutput = await read(bench, next);
      next = page.NextShardIterator;
      found.push(...textsOf(page));
      return found;
    },
    () => found.length >= least || next === undefined,
  );
}

/** Everything a single-shard stream holds now. */
export async function readAll(bench: Bench, streamId: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (let next: string | undefined = await iterator(bench, streamId, OLDEST); next !== undefined; ) {
    const page: GetRecordsCommandOutput = await read(bench, next);
    found.push(...textsOf(page));
    if (page.MillisBehindLatest === 0) break;
    next = page.NextShardIterator;
  }
  return found;
}
