import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  KinesisClient,
  KinesisServiceException,
  ListShardsCommand,
  ProvisionedThroughputExceededException,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type Clock, systemClock } from '#clock.ts';
import { TripcastError } from '#errors.ts';
import type { RecordSink } from '#streaming/publish.ts';
import { clientOfPlace } from './client.ts';

/**
 * The process's one Kinesis client; region, credentials and endpoint come from the SDK's own chain. It uses HTTP/1.1,
 * not the HTTP/2 that the SDK prefers for Kinesis: a session does not outlive a frozen Lambda, and the emulator breaks
 * it off when reads and writes overlap.
 */
const kinesisClient = clientOfPlace(() => new KinesisClient({ requestHandler: new NodeHttpHandler() }));

/**
 * A Kinesis stream to write to. A call that fails for good throws a TripcastError, as RecordSink says.
 * @example
 * const [error] = await kinesisSink('stg_taxi_predictions').putRecords([entry], signal); // undefined: it was stored
 */
export function kinesisSink(streamName: string, client = kinesisClient()): RecordSink {
  return {
    async putRecords(entries, signal) {
      const { Records = [] } = await client
        .send(
          new PutRecordsCommand({
            StreamName: streamName,
            Records: entries.map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey })),
          }),
          { abortSignal: signal },
        )
        .catch((error: unknown) => {
          throw isRequestsFault(error) ? willNotPass(streamName, error) : error;
        });
      if (Records.length !== entries.length) {
        throw new Error(`PutRecords to ${streamName} answered ${Records.length} of ${entries.length} records.`);
      }
      return Records.map(({ ErrorCode, ErrorMessage }) => ErrorCode && `${ErrorCode}: ${ErrorMessage ?? ''}`);
    },
  };
}

/** Errors that Kinesis blames on the request, though a retry succeeds (API reference, PutRecords, Errors). */
const PASSING_FAULTS: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'KMSThrottlingException',
  'LimitExceededException',
  'ThrottlingException',
  'ExpiredTokenException', // the next call fetches new credentials
]);

/** Whether the stream, the permissions or the request are wrong: nothing that waiting would fix. */
const isRequestsFault = (error: unknown): error is KinesisServiceException =>
  error instanceof KinesisServiceException && error.$fault === 'client' && !PASSING_FAULTS.has(error.name);

const willNotPass = (streamName: string, cause: KinesisServiceException) =>
  new TripcastError(
    `The stream ${streamName} does not accept records: ${cause.name}: ${cause.message}`,
    'Retrying will not help: check that the stream exists, and that the role may write to it and use its key.',
    { cause },
  );

/** A record as read from a stream. */
export interface ReadRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly arrivedAt: Date;
}

/** Where to start: what arrives from now on, everything retained, or what has arrived since a given time. */
export type ReadFrom = 'latest' | 'oldest' | Date;

export interface ReadOptions {
  readonly from: ReadFrom;
  /** Ends the read. */
  readonly signal: AbortSignal;
  /** Ends it, too, once every shard has been read up to this time, which must have passed. */
  readonly until?: Date;
  /**
   * Between two reads of a shard, whether or not the first found something. Kinesis allows five reads a second per
   * shard, for all readers together, and Lambda and Firehose use one each.
   * @default 1000
   */
  readonly pollMilliseconds?: number;
  readonly client?: KinesisClient;
  readonly clock?: Clock;
  /** 0..1, for the jitter. */
  readonly random?: () => number;
}

const MOST_BACKOFF_MS = 30_000;

/** The position in one shard of the stream. */
interface Cursor {
  readonly shardId: string;
  iterator: string | undefined;
  /** The last record read: where to resume when the iterator expires, after five minutes. */
  last: string | undefined;
  /** When it may be read again. */
  dueAt: number;
  /** Consecutive reads that Kinesis refused because all readers together read too often. */
  refusals: number;
}

/**
 * Records of all shards as they arrive, until the signal. Shards opened by a resharding are followed.
 * @param stream its name, or its ARN: with that, every call names the resource that a role is granted
 */
export async function* readStream(
  stream: string,
  {
    from,
    signal,
    until,
    pollMilliseconds = 1000,
    client = kinesisClient(),
    clock = systemClock,
    random = Math.random,
  }: ReadOptions,
): AsyncGenerator<ReadRecord> {
  const which = streamInput(stream);
  const open = async (shardId: string, at: ReadFrom, last?: string): Promise<Cursor> => {
    const { ShardIterator: iterator } = await client.send(
      new GetShardIteratorCommand({ ...which, ShardId: shardId, ...position(at, last) }),
    );
    return { shardId, iterator, last, dueAt: clock.now(), refusals: 0 };
  };

  const known = new Set(await shardIds(which, client));
  const cursors = await Promise.all([...known].map((shardId) => open(shardId, from)));
  while (!signal.aborted && cursors.length > 0) {
    const next = Math.min(...cursors.map(({ dueAt }) => dueAt));
    if (next > clock.now()) await clock.sleep(next - clock.now(), signal);
    for (const cursor of cursors.filter(({ dueAt }) => dueAt <= clock.now())) {
      cursor.dueAt = clock.now() + pollMilliseconds;
      const read = await readOnce(cursor, which, client, signal);
      if (read === 'aborted') return;
      if (read === 'refused') {
        cursor.refusals += 1;
        const most = Math.min(pollMilliseconds * 2 ** cursor.refusals, MOST_BACKOFF_MS);
        cursor.dueAt = clock.now() + (most * (1 + random())) / 2;
        continue;
      }
      if (read === 'expired') {
        cursors.splice(cursors.indexOf(cursor), 1, await open(cursor.shardId, from, cursor.last));
        continue;
      }
      cursor.refusals = 0;
      yield* until === undefined ? read.records : read.records.filter(({ arrivedAt }) => arrivedAt < until);
      if (until !== undefined && isReadUpTo(until, read)) cursor.iterator = undefined;
      if (cursor.iterator !== undefined) continue;
      cursors.splice(cursors.indexOf(cursor), 1);
      for (const child of read.children) {
        if (!known.has(child)) cursors.push(await open(child, 'oldest'));
        known.add(child);
      }
    }
  }
}

interface Read {
  readonly records: readonly ReadRecord[];
  readonly children: readonly string[];
  /** Whether the shard had nothing newer. */
  readonly isAtEnd: boolean;
}

/** A shard that was read to its end had nothing more from before a time that has passed. */
const isReadUpTo = (until: Date, { records, isAtEnd }: Read) =>
  isAtEnd || records.some(({ arrivedAt }) => arrivedAt >= until);

/** How the API is told which stream. */
type StreamInput = { readonly StreamARN: string } | { readonly StreamName: string };

const streamInput = (stream: string): StreamInput =>
  stream.startsWith('arn:') ? { StreamARN: stream } : { StreamName: stream };

async function readOnce(
  cursor: Cursor,
  which: StreamInput,
  client: KinesisClient,
  signal: AbortSignal,
): Promise<Read | 'expired' | 'refused' | 'aborted'> {
  try {
    const answer = await client.send(
      new GetRecordsCommand({ ShardIterator: cursor.iterator, ...('StreamARN' in which && which) }),
      {
        abortSignal: signal,
      },
    );
    const records = (answer.Records ?? []).map((record) => ({
      shardId: cursor.shardId,
      sequenceNumber: record.SequenceNumber ?? '',
      partitionKey: record.PartitionKey ?? '',
      data: record.Data ?? new Uint8Array(),
      arrivedAt: record.ApproximateArrivalTimestamp ?? new Date(0),
    }));
    cursor.iterator = answer.NextShardIterator;
    cursor.last = records.at(-1)?.sequenceNumber ?? cursor.last;
    const isAtEnd = answer.MillisBehindLatest === 0;
    return { records, isAtEnd, children: (answer.ChildShards ?? []).flatMap(({ ShardId }) => ShardId ?? []) };
  } catch (error) {
    if (signal.aborted) return 'aborted';
    if (error instanceof ExpiredIteratorException) return 'expired';
    if (error instanceof ProvisionedThroughputExceededException) return 'refused';
    throw error;
  }
}

type Position = Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'>;

function position(from: ReadFrom, last: string | undefined): Position {
  if (last !== undefined) return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: last };
  if (from instanceof Date) return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: from };
  return { ShardIteratorType: from === 'latest' ? 'LATEST' : 'TRIM_HORIZON' };
}

async function shardIds(which: StreamInput, client: KinesisClient): Promise<readonly string[]> {
  const ids: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(new ListShardsCommand(token === undefined ? which : { NextToken: token }));
    ids.push(...(page.Shards ?? []).flatMap(({ ShardId }) => ShardId ?? []));
    token = page.NextToken;
  } while (token !== undefined);
  return ids;
}
