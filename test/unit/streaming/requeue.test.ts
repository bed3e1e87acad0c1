import { describe, expect, test } from 'vitest';
import type { OwedRecord } from '#streaming/owed-record.ts';
import { type Requeued, type RequeueOptions, requeue } from '#streaming/requeue.ts';
import { undeliveredRecords } from '#streaming/undelivered.ts';
import { aScoredStream } from '../../support/a-scored-stream.ts';
import { flakyStore } from '../../support/flaky-store.ts';
import { EXAMPLE } from '../../support/kinesis-events.ts';

type ScoredStream = ReturnType<typeof aScoredStream>;

const BAD_ZONE = { ...EXAMPLE, ride: { ...EXAMPLE.ride, PULocationID: 266 }, ride_id: 'bad zone' };

/** A whole requeue. @returns the last count */
async function requeued(stream: ScoredStream, options: Partial<RequeueOptions> = {}): Promise<Requeued | undefined> {
  const { data, undelivered, events, clock } = stream;
  const counts = await Array.fromAsync(
    requeue({ data, undelivered, events, clock }, { wanted: () => true, ...options }),
  );
  return counts.at(-1);
}

/** Rides that Lambda gave up on, in a stream that is well again. */
async function givenUp(...values: readonly unknown[]): Promise<ScoredStream> {
  const stream = aScoredStream({ retryAttempts: 0, bisectOnError: false });
  stream.send(...values);
  await stream.poll(() => Promise.reject(new Error('down')));
  return stream;
}

const rides = (count: number) => Array.from({ length: count }, (_, i) => ({ ...EXAMPLE, ride_id: i }));

/** The events that were sent, but for the first ones. */
const sentAgain = (stream: ScoredStream, after: number) =>
  stream.events.values().slice(after) as Record<string, unknown>[];

describe('what Lambda gave up on', () => {
  test('is predicted after a requeue, under the id of its first arrival', async () => {
    const stream = await givenUp(...rides(3));
    const first = stream.arrived();
    const counts = { found: 3, sent: 3, before: 0, copies: 0, unreadable: 0, left: 0, unsent: [] };
    expect(await requeued(stream)).toEqual(counts);
    await stream.poll();
    expect((await stream.predicted()).map(({ prediction_id }) => prediction_id)).toEqual(first);
    expect(stream.events.records.slice(3).map(({ partitionKey }) => partitionKey)).toEqual(['0', '1', '2']);
  });

  test('is scored at the time of its first arrival when it does not say its own', async () => {
    const stream = await givenUp(EXAMPLE, {
      ...EXAMPLE,
      ride: { ...EXAMPLE.ride, pickup_datetime: '2023-04-02T23:10' },
    });
    stream.clock.time += 5 * 3_600_000;
    await requeued(stream);
    // 12:30:01 UTC is 08:30:01 in New York.
    expect(sentAgain(stream, 2).map(({ ride }) => (ride as { pickup_datetime: string }).pickup_datetime)).toEqual([
      '2023-04-03T08:30:01',
      '2023-04-02T23:10',
    ]);
  });

  test('counts its attempts, over failures and when it is asked for again', async () => {
    const stream = await givenUp(EXAMPLE);
    const [first] = stream.arrived();
    await requeued(stream);
    expect(sentAgain(stream, 1)).toEqual([expect.objectContaining({ requeue: { prediction_id: first, attempt: 1 } })]);
    await stream.poll(() => Promise.reject(new Error('still down')));
    expect(await requeued(stream)).toMatchObject({ found: 2, sent: 1, before: 1 });
    expect(sentAgain(stream, 2)).toEqual([expect.objectContaining({ requeue: { prediction_id: first, attempt: 2 } })]);
    expect(await requeued(stream, { again: true })).toMatchObject({ found: 2, sent: 1, copies: 1 });
    await stream.poll();
    expect(await stream.predicted()).toHaveLength(1);
  });

  test('is named when it is not what Lambda leaves', async () => {
    const stream = aScoredStream();
    await stream.undelivered.put('aws/lambda/x/y/z', '{"payload":"{}"}');
    await expect(requeued(stream)).rejects.toThrow(
      /s3:\/\/undelivered\/aws\/lambda\/x\/y\/z cannot be read: .*no Records/,
    );
  });

  test('is read from the object in the documentation', () => {
    // Lambda Developer Guide, "Example Amazon S3 invocation record", with the event of "Using Lambda ... Kinesis" as payload.
    const record = {
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: '1',
        sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
        data: 'SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==',
        approximateArrivalTimestamp: 1545084650.987,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: 'shardId-000000000006:49590338271490256608559692538361571095921575989136588898',
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::123456789012:role/lambda-role',
      awsRegion: 'us-east-2',
      eventSourceARN: 'arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream',
    };
    const object = {
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 1 },
      version: '1.0',
      KinesisBatchInfo: { shardId: 'shardId-000000000006', batchSize: 1 },
      payload: JSON.stringify({ Records: [record] }),
    };
    expect(undeliveredRecords(JSON.stringify(object))).toEqual<OwedRecord[]>([
      {
        predictionId:
          'lambda-stream/shardId-000000000006/49590338271490256608559692538361571095921575989136588898' as never,
        reason: 'undelivered',
        arrivedAt: new Date('2018-12-17T22:10:50.987Z'),
        raw: 'SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==',
      },
    ]);
    // LocalStack 4.14.0 leaves the event itself, not its text.
    expect(undeliveredRecords(JSON.stringify({ ...object, payload: { Records: [record] } }))).toEqual(
      undeliveredRecords(JSON.stringify(object)),
    );
  });
});

describe('what is in quarantine', () => {
  test('is sent again as it came, with its id; a ride_id that is none leaves the partition key to the id', async () => {
    const stream = aScoredStream();
    const extra = { ...BAD_ZONE, ride_id: { no: 'id' }, vendor: 'x' };
    stream.send(BAD_ZONE, extra);
    await stream.poll();
    const ids = stream.arrived();
    await requeued(stream);
    const dated = { ...BAD_ZONE.ride, pickup_datetime: '2023-04-03T08:30:01' };
    expect(sentAgain(stream, 2)).toEqual([
      { ...BAD_ZONE, ride: dated, requeue: { prediction_id: ids[0], attempt: 1 } },
      { ...extra, ride: dated, requeue: { prediction_id: ids[1], attempt: 1 } },
    ]);
    expect(stream.events.records[3]?.partitionKey).toBe(ids[1]);
  });

  test('is stored next to its first object when it is refused again, and can be sent once more', async () => {
    const stream = aScoredStream();
    stream.send(BAD_ZONE);
    await stream.poll();
    await requeued(stream);
    await stream.poll();
    const [first] = stream.arrived();
    expect(stream.quarantined().map(({ predictionId }) => predictionId)).toEqual([first, first]);
    expect(await requeued(stream)).toMatchObject({ found: 2, sent: 1, before: 1 });
    expect(sentAgain(stream, 2)).toEqual([expect.objectContaining({ requeue: { prediction_id: first, attempt: 2 } })]);
  });

  test('is counted when it is no JSON object: there is nowhere to put the id', async () => {
    const stream = aScoredStream();
    stream.send('{"ride":', '[1]', '156', '"text"', 'null', Buffer.from([0xff, 0xfe]).toString('latin1'), BAD_ZONE);
    await stream.poll();
    expect(await requeued(stream)).toMatchObject({ found: 7, sent: 1, unreadable: 6 });
  });

  test('is counted when it is nested too deep to be written', async () => {
    const stream = aScoredStream();
    stream.send(`{"ride":1,"ride_id":1,"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    await stream.poll();
    expect(await requeued(stream)).toMatchObject({ found: 1, sent: 0, unreadable: 1 });
  });

  test('keeps the key `__proto__` a key', async () => {
    const stream = aScoredStream();
    stream.send('{"ride":{"__proto__":{"PULocationID":1}},"ride_id":1,"__proto__":{"x":1}}');
    await stream.poll();
    await requeued(stream);
    expect(new TextDecoder().decode(stream.events.records[1]?.data)).toMatch(
      /^\{"ride":\{"__proto__":\{"PULocationID":1\},"pickup_datetime":"[^"]+"\},"ride_id":1,"__proto__":\{"x":1\},"requeue":/,
    );
  });
});

describe('a second requeue', () => {
  test('sends nothing again without being asked, from either place', async () => {
    const stream = await givenUp(...rides(2));
    stream.send(BAD_ZONE);
    await stream.poll();
    expect(await requeued(stream)).toMatchObject({ found: 3, sent: 3 });
    expect(await requeued(stream)).toMatchObject({ found: 3, sent: 0, before: 3 });
    expect(stream.events.records).toHaveLength(6);
  });

  test('goes on where the limit ended the first', async () => {
    const stream = await givenUp(...rides(25));
    expect(await requeued(stream, { limit: 12 })).toMatchObject({ found: 25, sent: 12, left: 13 });
    expect(await requeued(stream)).toMatchObject({ found: 25, sent: 13, before: 12 });
    await stream.poll();
    const predicted = (await stream.predicted()).map(({ prediction_id }) => prediction_id);
    expect(predicted.sort()).toEqual(stream.arrived().slice(0, 25));
  });

  test('sends what the stream did not take the first time', async () => {
    const stream = await givenUp(...rides(3));
    stream.events.onPut = ({ partitionKey }) => (partitionKey === '1' ? 'InternalFailure' : undefined);
    const first = await requeued(stream);
    expect(first).toMatchObject({ found: 3, sent: 2 });
    expect(first?.unsent).toMatchObject([{ error: 'InternalFailure' }]);
    stream.events.onPut = () => undefined;
    expect(await requeued(stream)).toMatchObject({ sent: 1, before: 2 });
  });

  test('that comes after a crash between sending and remembering makes copies that readers drop', async () => {
    const stream = await givenUp(...rides(2));
    stream.undelivered.before = (operation) => {
      if (operation === 'put') throw new Error('crash');
    };
    await expect(requeued(stream)).rejects.toThrow('crash');
    stream.undelivered.before = () => {};
    await requeued(stream);
    await stream.poll();
    expect(stream.predictions.records).toHaveLength(4);
    expect(await stream.predicted()).toHaveLength(2);
  });

  test('that runs at the same time does not forget what the other sent', async () => {
    const stream = await givenUp(...rides(1));
    let other: Promise<unknown> | undefined;
    stream.undelivered.before = async (operation) => {
      if (operation !== 'put' || other !== undefined) return;
      other = requeued(stream);
      await other;
    };
    await requeued(stream);
    const [marker = ''] = [...stream.undelivered.objects.keys()].filter((key) => key.endsWith('.requeued.json'));
    expect(JSON.parse(stream.undelivered.text(marker)).requeued).toHaveLength(2);
  });

  test('sends nothing twice when the answer to its note was lost', async () => {
    const stream = await givenUp(...rides(2));
    let lost = 0;
    const flaky = flakyStore(stream.undelivered, 3, (_, call) =>
      call.startsWith('PUT') && lost++ === 0 ? 'late' : undefined,
    );
    const deps = { data: stream.data, undelivered: flaky.store, events: stream.events, clock: stream.clock };
    expect(await Array.fromAsync(requeue(deps, { wanted: () => true }))).toMatchObject([{ sent: 2 }]);
    expect(flaky.calls.filter((call) => call.startsWith('PUT')).length).toBeGreaterThan(1);
    expect(await requeued(stream)).toMatchObject({ found: 2, sent: 0, before: 2 });
  });
});

describe('a requeue', () => {
  test('takes the records that are wanted', async () => {
    const stream = await givenUp(...rides(2));
    stream.send(BAD_ZONE);
    await stream.poll();
    expect(await requeued(stream, { wanted: ({ reason }) => reason === 'out-of-range' })).toMatchObject({
      found: 1,
      sent: 1,
    });
    const later = new Date(stream.clock.now());
    expect(await requeued(stream, { wanted: ({ arrivedAt }) => arrivedAt > later })).toMatchObject({
      found: 0,
      sent: 0,
    });
  });

  test('reads nothing but what the function and Lambda left', async () => {
    const stream = await givenUp(EXAMPLE);
    await stream.data.put('quarantine/notes.txt', 'who put this here');
    await stream.undelivered.put('notes.txt', 'and this');
    expect(await requeued(stream)).toMatchObject({ found: 1, sent: 1 });
  });

  test('that is dry sends and remembers nothing', async () => {
    const stream = await givenUp(...rides(2));
    expect(await requeued(stream, { dryRun: true, limit: 1 })).toMatchObject({ found: 2, sent: 1, left: 1 });
    expect(stream.events.records).toHaveLength(2);
    expect(stream.undelivered.objects.size).toBe(1);
  });

  test('sends one record that redelivery set aside twice once', async () => {
    const stream = aScoredStream({ batchSize: 2 });
    stream.send(BAD_ZONE, EXAMPLE);
    await stream.poll();
    const [line = ''] = [...stream.data.objects.keys()];
    await stream.data.put(line.replace('.jsonl', '-other.jsonl'), stream.data.text(line));
    expect(await requeued(stream)).toMatchObject({ found: 2, sent: 1, copies: 1 });
    expect(await requeued(stream)).toMatchObject({ found: 2, sent: 0, before: 2 });
  });
});
