import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '#clock.ts';
import type { Config } from '#lib/config/schema.ts';
import type { ObjectStore } from '#storage/object-store.ts';
import type { AStream, StreamRecord } from './a-stream.ts';

/**
 * What Lambda's event source mapping does with a Kinesis stream, as AWS documents it; the emulator does none of it.
 * The pages, all of the AWS Lambda Developer Guide:
 *
 * - [ESM] "How Lambda processes records from stream and queue-based event sources": each event at least once, so that
 *   duplicates happen
 * - [K] "Using Lambda to process records from Amazon Kinesis Data Streams": one batch of a shard at a time;
 *   ParallelizationFactor 1..10 batches at a time, records of one partition key still in order
 * - [P] "Lambda parameters for Amazon Kinesis Data Streams event source mappings": the settings
 * - [B] "Configuring partial batch response with Kinesis Data Streams and Lambda": success, failure, checkpoint, bisection
 * - [F] "Retain discarded batch records for a Kinesis Data Streams event source in Lambda": retries, ages, what S3 gets
 *
 * Where they say nothing, it does what is harder on the function: a partial failure uses up a retry even if records
 * before it were done, and the halves of a batch share its retries. How long Lambda waits between two deliveries is not
 * documented; here the clock advances a second. The batching window is left out: it affects when a batch is sent, not
 * what happens to it.
 */
export interface PollerOptions {
  readonly stream: AStream;
  readonly settings: Omit<Config['eventSource'], 'windowSeconds'>;
  /** The function. It throws to act like a function that fails, times out or is killed. */
  readonly invoke: (event: LambdaKinesisEvent) => Promise<unknown>;
  /** The on-failure destination: an S3 bucket. */
  readonly onFailure: ObjectStore;
  readonly clock: Clock;
  /** Lane positions; keep them to resume there after a crash. Default: TRIM_HORIZON. */
  readonly checkpoints?: Map<string, string>;
}

/** The poller itself has crashed in mid-batch: thrown by `invoke`, it ends `drain` before any checkpoint. */
export class PollerGone extends Error {}

export type LambdaKinesisEvent = { readonly Records: readonly ReturnType<typeof lambdaRecord>[] };

/** A batch in flight. */
interface Batch {
  readonly shardId: string;
  readonly records: readonly StreamRecord[];
  readonly retries: number;
  readonly invocations: number;
}

const WAIT_MS = 1_000;
const MAPPING_ID = '6db702ef-2d7e-444c-ad5d-ba8319271951';
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:tripcast-dev-stream-score';

export class Poller {
  readonly #options: PollerOptions;
  readonly #checkpoints: Map<string, string>;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#checkpoints = options.checkpoints ?? new Map();
  }

  /** Delivers the stream's records until each is done with: its batch succeeded, or was given up. */
  async drain(): Promise<void> {
    const { stream, settings } = this.#options;
    const lanes = stream.shardIds.flatMap((shardId) =>
      Array.from({ length: settings.parallelizationFactor }, (_, lane) => this.#lane(shardId, lane)),
    );
    const ended = await Promise.allSettled(lanes);
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  }

  /** One batch at a time per lane of a shard; lanes run in parallel. [K] */
  async #lane(shardId: string, lane: number): Promise<void> {
    const { stream, settings } = this.#options;
    const name = `${shardId}/${lane}`;
    for (;;) {
      const done = this.#checkpoints.get(name) ?? '';
      const records = stream.records
        .filter((each) => each.shardId === shardId && each.sequenceNumber > done)
        .filter(({ partitionKey }) => laneOf(partitionKey, settings.parallelizationFactor) === lane)
        .slice(0, settings.batchSize);
      const last = records.at(-1);
      if (last === undefined) return;
      await this.#deliver({ shardId, records, retries: 0, invocations: 0 });
      this.#checkpoints.set(name, last.sequenceNumber);
    }
  }

  async #deliver(batch: Batch): Promise<void> {
    const records = await this.#withoutTooOld(batch);
    if (records.length === 0) return;
    const failure = await this.#invoke(records);
    if (failure === undefined) return;
    const { clock, settings } = this.#options;
    const invocations = batch.invocations + 1;
    if (failure === 'whole' && settings.bisectOnError && records.length > 1) {
      // "Splitting batches doesn't consume the retry quota." [F] Whether failures are partial or not [B].
      const middle = Math.ceil(records.length / 2);
      await clock.sleep(WAIT_MS);
      await this.#deliver({ ...batch, records: records.slice(0, middle), invocations });
      await this.#deliver({ ...batch, records: records.slice(middle), invocations });
      return;
    }
    // The lowest failed sequence number is the checkpoint: records before it are done, all from it on come again. [B]
    const rest = failure === 'whole' ? records : records.slice(failure.from);
    if (batch.retries === settings.retryAttempts) {
      return this.#giveUp({ ...batch, records: rest, invocations }, 'RetryAttemptsExhausted');
    }
    await clock.sleep(WAIT_MS);
    await this.#deliver({ ...batch, records: rest, retries: batch.retries + 1, invocations });
  }

  /** Gives up records over the maximum age, invoked or not. [F] */
  async #withoutTooOld(batch: Batch): Promise<readonly StreamRecord[]> {
    const { clock, settings } = this.#options;
    const oldest = clock.now() - settings.maximumAgeSeconds * 1000;
    const isTooOld = ({ arrivedAt }: StreamRecord) => arrivedAt <= oldest;
    const records = batch.records.filter(isTooOld);
    // The docs name only the condition for exhausted retries; no reader should depend on this one.
    if (records.length > 0) await this.#giveUp({ ...batch, records }, 'RecordAgeExceeded');
    return batch.records.filter((each) => !isTooOld(each));
  }

  /** @returns undefined if the batch is done; else what failed: the whole batch, or everything from an index on */
  async #invoke(records: readonly StreamRecord[]): Promise<'whole' | { readonly from: number } | undefined> {
    const event: LambdaKinesisEvent = { Records: records.map((each) => lambdaRecord(this.#options.stream.name, each)) };
    let answer: unknown;
    try {
      answer = overTheWire(await this.#options.invoke(overTheWire(event)));
    } catch (error) {
      if (error instanceof PollerGone) throw error;
      return 'whole';
    }
    return failureIn(answer, records);
  }

  /** The object for a batch that is given up. [F] */
  async #giveUp({ shardId, records, invocations }: Batch, condition: string): Promise<void> {
    const { stream, clock, onFailure } = this.#options;
    const now = new Date(clock.now()).toISOString();
    const [first, last] = [records.at(0), records.at(-1)];
    const arrival = (record: StreamRecord | undefined) => new Date(record?.arrivedAt ?? 0).toISOString();
    const key = `${now.slice(0, 10).replaceAll('-', '/')}/${now.slice(0, 19).replaceAll(':', '.')}-${randomUUID()}`;
    const body = {
      requestContext: {
        requestId: randomUUID(),
        functionArn: FUNCTION_ARN,
        condition,
        approximateInvokeCount: invocations,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: now,
      KinesisBatchInfo: {
        shardId,
        startSequenceNumber: first?.sequenceNumber,
        endSequenceNumber: last?.sequenceNumber,
        approximateArrivalOfFirstRecord: arrival(first),
        approximateArrivalOfLastRecord: arrival(last),
        batchSize: records.length,
        streamArn: arnOf(stream.name),
      },
      payload: JSON.stringify({ Records: records.map((each) => lambdaRecord(stream.name, each)) }),
    };
    await onFailure.put(`aws/lambda/${MAPPING_ID}/${shardId}/${key}`, JSON.stringify(body));
  }
}

const responseSchema = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish() })
  .nullish();

/** Success: no answer, no list, an empty list. Total failure: an identifier that is empty, null or misnamed. [B] */
function failureIn(answer: unknown, records: readonly StreamRecord[]): 'whole' | { readonly from: number } | undefined {
  const response = responseSchema.safeParse(answer);
  if (!response.success) return 'whole';
  const failures = response.data?.batchItemFailures ?? [];
  if (failures.length === 0) return undefined;
  const indexes = failures.map(({ itemIdentifier }) =>
    records.findIndex(({ sequenceNumber }) => sequenceNumber === itemIdentifier),
  );
  return indexes.includes(-1) ? 'whole' : { from: Math.min(...indexes) };
}

/** Records with the same partition key stay in one lane; AWS does not say which. */
export const laneOf = (partitionKey: string, lanes: number) =>
  createHash('sha256').update(partitionKey).digest().readUInt32BE(0) % lanes;

const arnOf = (stream: string) => `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`;

/** A record as a function gets it. [K] */
function lambdaRecord(stream: string, { shardId, sequenceNumber, partitionKey, data, arrivedAt }: StreamRecord) {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey,
      sequenceNumber,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: arrivedAt / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/tripcast-dev-stream-score',
    awsRegion: 'us-east-1',
    eventSourceARN: arnOf(stream),
  };
}

/** Events and answers are JSON in transit. */
const overTheWire = <T>(value: T): T => JSON.parse(JSON.stringify(value ?? null));
