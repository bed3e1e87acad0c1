import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, onTestFinished, test } from 'vitest';
import { kinesisSink, readStream } from '#adapters/kinesis.ts';
import { TripcastError } from '#errors.ts';
import { publish, type StreamEntry } from '#streaming/publish.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Answer {
  readonly status?: number;
  readonly body: unknown;
}
interface PutRecordsBody {
  readonly StreamName: string;
  readonly Records: readonly { readonly Data: string; readonly PartitionKey: string }[];
}

/** Kinesis on the wire (AWS JSON 1.1), answering as a test says. @param answer of one call: its operation, body and number */
async function aKinesis(answer: (operation: string, body: PutRecordsBody, call: number) => Answer) {
  const calls: PutRecordsBody[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const body = JSON.parse(text);
    const { status = 200, body: answered } = answer(operation, body, calls.push(body) - 1);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answered));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const client = new KinesisClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    server.close();
  });
  return { client, calls, sink: kinesisSink('stg_taxi_predictions', client) };
}

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/predictions';

const stored = ({ Records }: PutRecordsBody): Answer => ({
  body: { FailedRecordCount: 0, Records: Records.map((_, i) => ({ SequenceNumber: String(i), ShardId: 'shardId-0' })) },
});

const anEntry = (partitionKey: string, bytes = 3): StreamEntry => ({ data: Buffer.alloc(bytes, 'a'), partitionKey });
const options = (clock = new ManualClock()) => ({ clock, deadline: clock.now() + 10_000, random: () => 0.5 });

/** What Kinesis refuses a whole PutRecords call for (API reference: PutRecords, PutRecordsRequestEntry). */
function validation({ Records }: PutRecordsBody): string | undefined {
  const sizes = Records.map(
    ({ Data, PartitionKey }) => Buffer.from(Data, 'base64').length + Buffer.byteLength(PartitionKey),
  );
  if (Records.length < 1 || Records.length > 500) return `${Records.length} records`;
  if (sizes.some((size) => size > 2 ** 20)) return 'a record of more than 1 MiB';
  if (sizes.reduce((sum, size) => sum + size, 0) > 5 * 2 ** 20) return 'more than 5 MiB';
  if (Records.some(({ PartitionKey }) => PartitionKey.length < 1 || PartitionKey.length > 256))
    return 'a partition key';
  return undefined;
}

describe('writing to Kinesis', () => {
  test('sends bytes and partition key, and returns undefined for what is stored', async () => {
    const { sink, calls } = await aKinesis((_, body) => stored(body));
    expect(await sink.putRecords([anEntry('156')], AbortSignal.timeout(5000))).toEqual([undefined]);
    expect(calls).toEqual([
      { StreamName: 'stg_taxi_predictions', Records: [{ Data: btoa('aaa'), PartitionKey: '156' }] },
    ]);
  });

  test("a call that partly succeeds gives each record's error, and the rest is sent alone", async () => {
    const { sink, calls } = await aKinesis((_, body, call) => {
      if (call > 0) return stored(body);
      const refused = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' };
      const Records = body.Records.map((_, i) => (i === 1 ? refused : { SequenceNumber: '1', ShardId: 'shardId-0' }));
      return { body: { FailedRecordCount: 1, Records } };
    });
    expect(
      await publish(
        sink,
        ['a', 'b', 'c'].map((key) => anEntry(key)),
        options(),
      ),
    ).toEqual([]);
    expect(calls.map(({ Records }) => Records.map(({ PartitionKey }) => PartitionKey))).toEqual([
      ['a', 'b', 'c'],
      ['b'],
    ]);
  });

  test('keeps to the limits of a call, and one bad record does not affect its neighbors', async () => {
    const { sink, calls } = await aKinesis((_, body) => {
      const message = validation(body);
      return message === undefined ? stored(body) : { status: 400, body: { __type: 'ValidationException', message } };
    });
    const good = [
      ...Array.from({ length: 1100 }, (_, i) => anEntry(`${i}`)),
      ...Array.from({ length: 8 }, () => anEntry('large', 1_000_000)),
    ];
    const bad = [anEntry(''), anEntry('x'.repeat(257)), anEntry('key', 2 ** 20 - 2)];
    const brink = [anEntry('x'.repeat(256)), anEntry('key', 2 ** 20 - 3)];
    const unsent = await publish(sink, [...bad, ...good, ...brink], options());
    expect(unsent.map(({ index, error }) => [index, error])).toEqual([
      [0, 'its partition key has 0 characters, not 1 to 256'],
      [1, 'its partition key has 257 characters, not 1 to 256'],
      [2, "it has 1048577 bytes, more than a record's limit of 1048576"],
    ]);
    expect(calls.flatMap(({ Records }) => Records)).toHaveLength(good.length + brink.length);
  });

  test.each([
    'ResourceNotFoundException',
    'AccessDeniedException',
    'ValidationException',
    'InvalidArgumentException',
    'KMSAccessDeniedException',
  ])('%s never passes: it is reported at once, with the stream and what to do', async (__type) => {
    const { sink, calls } = await aKinesis(() => ({ status: 400, body: { __type, message: 'no' } }));
    const clock = new ManualClock();
    const [unsent] = await publish(sink, [anEntry('156')], options(clock));
    expect(unsent?.error).toMatch(
      new RegExp(`^TripcastError: The stream stg_taxi_predictions .*${__type}: no\\. Retrying`),
    );
    expect(calls).toHaveLength(1);
    expect(clock.sleeps).toEqual([]);
  });

  test.each([
    [400, 'ProvisionedThroughputExceededException'],
    [400, 'KMSThrottlingException'],
    [400, 'LimitExceededException'],
    [500, 'InternalFailure'],
    [503, 'ServiceUnavailable'],
  ])('%i %s may pass: it is retried', async (status, __type) => {
    const { sink, calls } = await aKinesis((_, body, call) =>
      call === 0 ? { status, body: { __type, message: 'later' } } : stored(body),
    );
    expect(await publish(sink, [anEntry('156')], options())).toEqual([]);
    expect(calls).toHaveLength(2);
  });

  test('an answer for fewer records than were sent counts as a failed call', async () => {
    const { sink } = await aKinesis(() => ({ body: { FailedRecordCount: 0, Records: [] } }));
    const putting = sink.putRecords([anEntry('156')], AbortSignal.timeout(5000));
    await expect(putting).rejects.toThrow('answered 0 of 1 records');
    await expect(putting).rejects.not.toBeInstanceOf(TripcastError);
  });
});

describe('reading from Kinesis', () => {
  test('continues after the last record when the iterator expired, and follows the shards of a resharding', async () => {
    const asked: object[] = [];
    const record = (SequenceNumber: string) => ({ SequenceNumber, PartitionKey: 'k', Data: btoa(SequenceNumber) });
    const answers: readonly Answer[] = [
      { body: { NextShardIterator: 'old', Records: [record('1')] } },
      { status: 400, body: { __type: 'ExpiredIteratorException', message: 'too old' } },
      { body: { Records: [record('2')], ChildShards: [{ ShardId: 'child', ParentShards: ['parent'] }] } },
      { body: { Records: [record('3')] } },
    ];
    let reads = 0;
    const { client } = await aKinesis((operation, body) => {
      if (operation === 'ListShards') return { body: { Shards: [{ ShardId: 'parent' }] } };
      if (operation === 'GetRecords')
        return answers[reads++] ?? { status: 400, body: { __type: 'InvalidArgumentException' } };
      asked.push(body);
      return { body: { ShardIterator: `iterator ${asked.length}` } };
    });
    const seen: string[] = [];
    const signal = AbortSignal.timeout(5000);
    for await (const { shardId, data } of readStream('predictions', {
      from: 'oldest',
      signal,
      client,
      pollMilliseconds: 0,
    })) {
      seen.push(`${shardId} ${Buffer.from(data)}`);
    }
    expect(seen).toEqual(['parent 1', 'parent 2', 'child 3']);
    expect(asked).toMatchObject([
      { ShardId: 'parent', ShardIteratorType: 'TRIM_HORIZON' },
      { ShardId: 'parent', ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: '1' },
      { ShardId: 'child', ShardIteratorType: 'TRIM_HORIZON' },
    ]);
  });

  test.each([
    ['predictions', { StreamName: 'predictions' }, {}],
    [ARN, { StreamARN: ARN }, { StreamARN: ARN }],
  ])('names %s in every call that takes a name, and an ARN in all', async (stream, listed, read) => {
    const asked: Record<string, object> = {};
    const { client } = await aKinesis((operation, body) => {
      asked[operation] = body;
      if (operation === 'ListShards') return { body: { Shards: [{ ShardId: 's' }] } };
      return { body: operation === 'GetRecords' ? { Records: [] } : { ShardIterator: 'i' } };
    });
    const signal = AbortSignal.timeout(5000);
    for await (const _ of readStream(stream, { from: 'oldest', signal, client })) expect.fail('There is none.');
    expect(asked).toEqual({
      ListShards: listed,
      GetShardIterator: { ...listed, ShardId: 's', ShardIteratorType: 'TRIM_HORIZON' },
      GetRecords: { ...read, ShardIterator: 'i' },
    });
  });

  test('ends at a time that has passed: at the first record from after it, or where a shard has nothing newer', async () => {
    const UNTIL = Date.parse('2023-04-04T04:00:00Z') / 1000;
    const record = (SequenceNumber: string, ApproximateArrivalTimestamp: number) => {
      return { SequenceNumber, PartitionKey: 'k', Data: btoa(SequenceNumber), ApproximateArrivalTimestamp };
    };
    const answers: Readonly<Record<string, readonly object[]>> = {
      // An empty answer is not the end: Kinesis gives them while there is more to read.
      busy: [
        { Records: [record('1', UNTIL - 60)], MillisBehindLatest: 5000 },
        { Records: [], MillisBehindLatest: 4000 },
        { Records: [record('2', UNTIL - 1), record('3', UNTIL)], MillisBehindLatest: 3000 },
        { Records: [record('4', UNTIL + 1)], MillisBehindLatest: 2000 },
      ],
      quiet: [
        { Records: [record('5', UNTIL - 30)], MillisBehindLatest: 0 },
        { Records: [], MillisBehindLatest: 0 },
      ],
    };
    const reads: Record<string, number> = { busy: 0, quiet: 0 };
    const { client } = await aKinesis((operation, body) => {
      if (operation === 'ListShards') return { body: { Shards: [{ ShardId: 'busy' }, { ShardId: 'quiet' }] } };
      if (operation === 'GetShardIterator') return { body: { ShardIterator: String(Reflect.get(body, 'ShardId')) } };
      const shard = String(Reflect.get(body, 'ShardIterator'));
      const read = reads[shard] ?? 0;
      reads[shard] = read + 1;
      return { body: { NextShardIterator: shard, ...answers[shard]?.[read] } };
    });
    const seen: string[] = [];
    const signal = AbortSignal.timeout(5000);
    const until = new Date(UNTIL * 1000);
    for await (const { data } of readStream('events', { from: 'oldest', until, signal, client, pollMilliseconds: 0 })) {
      seen.push(String(Buffer.from(data)));
    }
    expect(signal.aborted).toBe(false);
    expect(seen.toSorted()).toEqual(['1', '2', '5']);
    expect(reads).toEqual({ busy: 3, quiet: 1 });
  });

  /** Two shards that always have another record, read until so many reads; when each shard was read. */
  async function readsOf(reads: number, refused: (read: number) => boolean = () => false) {
    const clock = new ManualClock(0);
    const stop = new AbortController();
    const at: Record<string, number[]> = {};
    let call = 0;
    const { client } = await aKinesis((operation, body) => {
      if (operation === 'ListShards') return { body: { Shards: [{ ShardId: 'a' }, { ShardId: 'b' }] } };
      if (operation === 'GetShardIterator') return { body: { ShardIterator: String(Reflect.get(body, 'ShardId')) } };
      const shard = String(Reflect.get(body, 'ShardIterator'));
      at[shard] = [...(at[shard] ?? []), clock.now()];
      call += 1;
      if (call === reads) stop.abort();
      const __type = 'ProvisionedThroughputExceededException';
      if (refused(call)) return { status: 400, body: { __type, message: 'Rate exceeded for shard' } };
      const Records = [{ SequenceNumber: String(call), PartitionKey: 'k', Data: btoa('x') }];
      return { body: { NextShardIterator: shard, Records } };
    });
    let records = 0;
    const read = { from: 'oldest', signal: stop.signal, client, clock, random: () => 0.5 } as const;
    for await (const _ of readStream('predictions', read)) records += 1;
    return { at, records };
  }

  test('asks a shard once a second, with or without records: five reads a second are for all readers together', async () => {
    const { at } = await readsOf(20);
    for (const times of Object.values(at)) {
      expect(times.length).toBeGreaterThan(8);
      const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
      expect(Math.max(...gaps)).toBeLessThan(1100);
    }
  });

  test('backs off when other readers leave it no room, longer each time, and loses nothing', async () => {
    const { at, records } = await readsOf(12, (read) => read > 2 && read <= 8);
    expect(at.a).toEqual([0, 1000, 2500, 5500, 11_500, 12_500]);
    expect(records).toBe(12 - 6 - 1); // the last answer comes after the signal
  });
});
