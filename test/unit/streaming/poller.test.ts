import { describe, expect, test } from 'vitest';
import { undeliveredRecords } from '#streaming/undelivered.ts';
import { AStream } from '../../support/a-stream.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { type LambdaKinesisEvent, laneOf, Poller, PollerGone, type PollerOptions } from '../../support/poller.ts';

// The poller stands in for AWS in the tests of what the stream loses, so each of its rules is held to its page here.

type Settings = PollerOptions['settings'];

const SETTINGS: Settings = {
  batchSize: 4,
  parallelizationFactor: 1,
  bisectOnError: false,
  retryAttempts: 2,
  maximumAgeSeconds: 3600,
};

/** A mapping over a stream of records a, b, c, ... */
function aMapping({
  records = 'abcd',
  shards = 1,
  ...settings
}: Partial<Settings> & { records?: string; shards?: number }) {
  const clock = new ManualClock();
  const stream = new AStream('events', clock, shards);
  const onFailure = new MemoryStore('undelivered');
  /** What the function was invoked with, each batch as a text. */
  const invoked: string[] = [];
  for (const each of records) stream.put(each, each);
  const poll = (answer: (batch: string, event: LambdaKinesisEvent) => unknown, checkpoints?: Map<string, string>) =>
    new Poller({
      stream,
      clock,
      onFailure,
      settings: { ...SETTINGS, ...settings },
      ...(checkpoints && { checkpoints }),
      invoke: async (event) => {
        const batch = event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString()).join('');
        invoked.push(batch);
        return answer(batch, event);
      },
    }).drain();
  /** The batches in the bucket, in the order in which they were given up. */
  const givenUp = () =>
    [...onFailure.objects.keys()].map((key) =>
      undeliveredRecords(onFailure.text(key))
        .map(({ raw }) => Buffer.from(raw, 'base64').toString())
        .join(''),
    );
  return { clock, stream, onFailure, invoked, poll, givenUp };
}

/** An answer that names the failed records. */
const failing = (event: LambdaKinesisEvent, failed: string) => ({
  batchItemFailures: event.Records.filter(({ kinesis }) => failed.includes(kinesis.partitionKey)).map(
    ({ kinesis }) => ({
      itemIdentifier: kinesis.sequenceNumber,
    }),
  ),
});

const fail = () => {
  throw new Error('The function failed');
};

describe('a batch succeeds', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['a null list', { batchItemFailures: null }],
    ['an empty list', { batchItemFailures: [] }],
  ])('when the function answers %s', async (_, answer) => {
    const { poll, invoked, givenUp } = aMapping({ records: 'abcdef' });
    await poll(() => answer);
    expect(invoked).toEqual(['abcd', 'ef']);
    expect(givenUp()).toEqual([]);
  });
});

describe('a batch fails whole', () => {
  test.each([
    ['throws', fail],
    ['names an empty identifier', () => ({ batchItemFailures: [{ itemIdentifier: '' }] })],
    ['names a null identifier', () => ({ batchItemFailures: [{ itemIdentifier: null }] })],
    ['names it by another key', () => ({ batchItemFailures: [{ sequenceNumber: '1' }] })],
  ])('when the function %s, and comes again as it was', async (_, answer) => {
    const { poll, invoked } = aMapping({ records: 'ab' });
    await poll(() => (invoked.length === 1 ? answer() : {}));
    expect(invoked).toEqual(['ab', 'ab']);
  });
});

describe('after a partial failure', () => {
  test('everything from the lowest failed sequence number on comes again, and nothing before it', async () => {
    const { poll, invoked } = aMapping({ records: 'abcdef' });
    await poll((_, event) => (invoked.length === 1 ? failing(event, 'db') : {}));
    expect(invoked).toEqual(['abcd', 'bcd', 'ef']);
  });

  test('the batch is not bisected', async () => {
    const { poll, invoked } = aMapping({ bisectOnError: true });
    await poll((_, event) => (invoked.length === 1 ? failing(event, 'b') : {}));
    expect(invoked).toEqual(['abcd', 'bcd']);
  });
});

describe('a batch that goes on failing', () => {
  test('is given up after its retries, with its records, and the next one is delivered', async () => {
    const { poll, invoked, givenUp } = aMapping({ records: 'abcdef' });
    await poll((batch) => (batch === 'abcd' ? fail() : {}));
    expect(invoked).toEqual(['abcd', 'abcd', 'abcd', 'ef']);
    expect(givenUp()).toEqual(['abcd']);
  });

  test('is halved until the bad record is alone, and that costs no retries', async () => {
    const { poll, invoked, givenUp } = aMapping({ bisectOnError: true, retryAttempts: 1 });
    await poll((batch) => (batch.includes('c') ? fail() : {}));
    expect(invoked).toEqual(['abcd', 'ab', 'cd', 'c', 'c', 'd']);
    expect(givenUp()).toEqual(['c']);
  });

  test('leaves the object that AWS documents', async () => {
    const { poll, onFailure, stream } = aMapping({ records: 'ab', retryAttempts: 0 });
    await poll(fail);
    const [key = ''] = onFailure.objects.keys();
    expect(key).toMatch(
      /^aws\/lambda\/[0-9a-f-]{36}\/shardId-0{12}\/2023\/04\/03\/2023-04-03T12\.30\.01-[0-9a-f-]{36}$/,
    );
    const { payload, ...rest } = JSON.parse(onFailure.text(key));
    expect(rest).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 1 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      KinesisBatchInfo: {
        shardId: 'shardId-000000000000',
        startSequenceNumber: stream.records[0]?.sequenceNumber,
        endSequenceNumber: stream.records[1]?.sequenceNumber,
        batchSize: 2,
        streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/events',
      },
    });
    expect(JSON.parse(payload).Records).toHaveLength(2);
  });
});

describe('a record over the maximum age', () => {
  test('is given up without being delivered; a younger one in its batch is delivered', async () => {
    const { poll, invoked, givenUp, clock, stream } = aMapping({ records: 'ab', maximumAgeSeconds: 60 });
    clock.time += 60_000;
    stream.put('c', 'c');
    await poll(() => ({}));
    expect(invoked).toEqual(['c']);
    expect(givenUp()).toEqual(['ab']);
  });

  test('ends its retries, however many are left', async () => {
    const { poll, invoked, givenUp } = aMapping({ records: 'a', maximumAgeSeconds: 3, retryAttempts: 1000 });
    await poll(fail);
    expect(invoked).toEqual(['a', 'a', 'a']); // a second between two
    expect(givenUp()).toEqual(['a']);
  });
});

describe('a shard', () => {
  const KEYS = 'abcdefghijklmnopqrst';

  /** Batches in flight at once, by shard, at most. */
  async function mostInFlight(settings: Partial<Settings> & { shards?: number }): Promise<readonly number[]> {
    const { poll } = aMapping({ records: KEYS, batchSize: 1, ...settings });
    const now = new Map<string, number>();
    const most = new Map<string, number>();
    await poll(async (_, { Records }) => {
      const shard = Records[0]?.eventID.split(':')[0] ?? '';
      now.set(shard, (now.get(shard) ?? 0) + 1);
      most.set(shard, Math.max(most.get(shard) ?? 0, now.get(shard) ?? 0));
      await new Promise(setImmediate);
      now.set(shard, (now.get(shard) ?? 0) - 1);
    });
    return [...most.values()];
  }

  test('has one batch in flight', async () => {
    expect(await mostInFlight({})).toEqual([1]);
    expect(await mostInFlight({ shards: 2 })).toEqual([1, 1]);
  });

  test('has as many as the parallelization factor says', async () => {
    expect(await mostInFlight({ parallelizationFactor: 3 })).toEqual([3]);
  });

  test('of several lanes delivers the records of a partition key in order, and a failure holds up its own lane alone', async () => {
    const { poll, invoked, givenUp } = aMapping({ records: KEYS, batchSize: 100, parallelizationFactor: 2 });
    const lanes = [0, 1].map((lane) => [...KEYS].filter((key) => laneOf(key, 2) === lane).join(''));
    await poll((batch) => (batch === lanes[0] ? fail() : {}));
    expect(invoked.filter((batch) => batch === lanes[1])).toHaveLength(1);
    expect(givenUp()).toEqual([lanes[0]]);
  });
});

test('a poller that crashes begins again at the last checkpoint: what it had in flight comes again', async () => {
  const { poll, invoked } = aMapping({ records: 'abcdef' });
  const checkpoints = new Map<string, string>();
  const crash = poll((batch) => {
    if (batch === 'ef') throw new PollerGone();
    return {};
  }, checkpoints);
  await expect(crash).rejects.toThrow(PollerGone);
  await poll(() => ({}), checkpoints);
  expect(invoked).toEqual(['abcd', 'ef', 'ef']);
});
