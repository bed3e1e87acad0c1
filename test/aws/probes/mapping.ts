import { UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { BUCKET, type Documentation, type Probe } from '../probe.ts';
import { refusal, until, watchSilence } from '../wait.ts';
import { deliver, deliveries, enable, mapping, send, stateOf, textsOf, toBucket } from './a-mapping.ts';

const KINESIS: Documentation = {
  title: 'Using Lambda to process records from Amazon Kinesis Data Streams',
  url: 'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html',
};
const PARTIAL: Documentation = {
  title: 'Configuring partial batch response with Kinesis Data Streams and Lambda',
  url: 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html',
};
const DISCARDED: Documentation = {
  title: 'Retain discarded batch records for a Kinesis Data Streams event source in Lambda',
  url: 'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
};

/** These simulate the documented behavior; they are only as right as these rows. */
const POLLER = ['test/unit/streaming/poller.test.ts', 'test/support/poller.ts'] as const;

export const eventShape: Probe = {
  id: 'mapping-event',
  behavior:
    'The function receives records in sequence-number order, with base64 data, eventID as `shard:sequence number` and the arrival time in seconds.',
  docs: KINESIS,
  reliedOnBy: ['test/unit/streaming/decode.test.ts', 'test/events/kinesis.json', 'src/streaming/decode.ts'],
  expected: { texts: ['one', 'zwei 🚕', 'three'], keys: ['key'], ids: true, seconds: true, inOrder: true },
  resources: (site) => mapping(site, 'Shape'),
  look: {
    async seen(bench) {
      await deliver(bench, 'Shape', ['one', 'zwei 🚕', 'three'], (all) => all.flat().length >= 3);
      const records = (await deliveries(bench, 'Shape')).flatMap(({ Records }) => Records);
      const numbers = records.map(({ kinesis }) => BigInt(kinesis.sequenceNumber));
      return {
        texts: records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString()),
        keys: [...new Set(records.map(({ kinesis }) => kinesis.partitionKey))],
        ids: records.every(({ eventID, kinesis }) => eventID === `shardId-000000000000:${kinesis.sequenceNumber}`),
        seconds: records.every(
          ({ kinesis }) => Math.abs(kinesis.approximateArrivalTimestamp - Date.now() / 1000) < 900,
        ),
        inOrder: numbers.every((each, n) => n === 0 || each > (numbers[n - 1] ?? 0n)),
      };
    },
  },
};

export const transitions: Probe = {
  id: 'mapping-enabled',
  behavior:
    'A disabled mapping reads nothing. Once enabled it goes through Enabling to Enabled, refuses updates in between (400), and starts with earlier records (TRIM_HORIZON).',
  docs: {
    title: 'UpdateEventSourceMapping (AWS Lambda API Reference)',
    url: 'https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html',
  },
  reliedOnBy: ['test/integration/whole-system.test.ts', 'src/adapters/lambda.ts', 'lib/rooms/streaming.ts'],
  expected: {
    before: 'Disabled',
    deliveredWhileDisabled: 0,
    inProgress: 'Enabling',
    updateInProgress: '400 ResourceInUseException',
    after: 'Enabled',
    heard: ['earlier'],
  },
  resources: (site) => mapping(site, 'Switch'),
  look: {
    async seen(bench) {
      const { lambda, idOf } = bench;
      const before = await stateOf(bench, 'Switch');
      await send(bench, 'Switch', ['earlier']);
      await watchSilence(bench);
      const deliveredWhileDisabled = (await deliveries(bench, 'Switch')).length;
      await enable(bench, 'Switch');
      const inProgress = await stateOf(bench, 'Switch');
      const updateInProgress = await refusal(
        lambda.send(new UpdateEventSourceMappingCommand({ UUID: idOf('SwitchMapping'), BatchSize: 50 })),
      );
      const after = await until(
        bench,
        () => stateOf(bench, 'Switch'),
        (state) => state === 'Enabled',
      );
      const heard = await until(
        bench,
        () => deliveries(bench, 'Switch'),
        (all) => all.length > 0,
      );
      return { before, deliveredWhileDisabled, inProgress, updateInProgress, after, heard: heard.flatMap(textsOf) };
    },
  },
};

export const partialResponse: Probe = {
  id: 'mapping-partial-failure',
  behavior:
    'After a partial failure the batch is redelivered from the lowest reported sequence number on: later records come again, earlier ones do not.',
  docs: PARTIAL,
  reliedOnBy: [...POLLER, 'lambdas/stream-score/handler.ts'],
  expected: { first: ['a', 'fail b', 'c', 'fail d'], second: ['fail b', 'c', 'fail d'], timesOfA: 1 },
  resources: (site) => mapping(site, 'Partial', { MaximumRetryAttempts: 2 }),
  look: {
    async seen(bench) {
      const all = await deliver(bench, 'Partial', ['a', 'fail b', 'c', 'fail d'], (each) => each.length >= 3);
      const timesOfA = all.filter((each) => each.includes('a')).length;
      return {
        first: all[0] ?? [],
        second: all[1] ?? [],
        timesOfA: timesOfA > 2 ? 'more than 2' : timesOfA,
      };
    },
  },
};

export const bisect: Probe = {
  id: 'mapping-bisect',
  behavior:
    'With BisectBatchOnFunctionError, a batch that makes the function throw is split until the bad record is alone; the other records succeed.',
  docs: KINESIS,
  reliedOnBy: [...POLLER, 'lib/rooms/streaming.ts'],
  expected: { aloneInTheEnd: true, others: ['a', 'c', 'd'] },
  resources: (site) =>
    mapping(site, 'Bisect', { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 3, ...toBucket }),
  look: {
    async seen(bench) {
      const isAlone = (batch: readonly string[]) => batch.length === 1 && batch[0] === 'throw b';
      const isGood = (batch: readonly string[]) => !batch.includes('throw b');
      const all = await deliver(bench, 'Bisect', ['a', 'throw b', 'c', 'd'], (each) => {
        return each.some(isAlone) && new Set(each.filter(isGood).flat()).size === 3;
      });
      return { aloneInTheEnd: all.some(isAlone), others: [...new Set(all.filter(isGood).flat())].sort() };
    },
  },
};

const leftSchema = z.object({
  requestContext: z.looseObject({ condition: z.string() }),
  KinesisBatchInfo: z.looseObject({ batchSize: z.number() }),
  payload: z.string(),
});
const payloadSchema = z.looseObject({
  Records: z.array(z.looseObject({ kinesis: z.looseObject({ data: z.string() }) })),
});

export const retryLimit: Probe = {
  id: 'mapping-retry-limit',
  behavior:
    'A failing batch is delivered once plus MaximumRetryAttempts times and then discarded; the next records follow.',
  docs: KINESIS,
  reliedOnBy: [...POLLER, 'lib/rooms/streaming.ts'],
  expected: { timesOfBad: 3, nextArrived: true },
  resources: (site) => mapping(site, 'Limit', { BatchSize: 1, MaximumRetryAttempts: 2 }),
  look: {
    async seen(bench) {
      const all = await deliver(bench, 'Limit', ['throw', 'next'], (each) => each.some(([text]) => text === 'next'));
      const timesOfBad = all.filter(([text]) => text === 'throw').length;
      return {
        timesOfBad: timesOfBad > 3 ? 'more than 3' : timesOfBad,
        nextArrived: all.some(([text]) => text === 'next'),
      };
    },
  },
};

export const onFailure: Probe = {
  id: 'mapping-on-failure',
  behavior:
    'A discarded batch is written to the on-failure bucket under `aws/lambda/{mapping}/{shard}/`, with the reason and (unlike in a queue) the records themselves.',
  docs: DISCARDED,
  reliedOnBy: [
    'test/unit/streaming/requeue.test.ts',
    'test/unit/streaming/poller.test.ts',
    'src/streaming/undelivered.ts',
  ],
  expected: {
    objects: 1,
    keyHasShard: true,
    condition: 'RetryAttemptsExhausted',
    batchSize: 1,
    records: ['throw away'],
  },
  resources: (site) => mapping(site, 'GivenUp', { BatchSize: 1, MaximumRetryAttempts: 0, ...toBucket }),
  look: {
    async seen(bench) {
      const { s3, idOf } = bench;
      const Bucket = idOf(BUCKET);
      const Prefix = `aws/lambda/${idOf('GivenUpMapping')}/`;
      await send(bench, 'GivenUp', ['throw away']);
      await enable(bench, 'GivenUp');
      await until(
        bench,
        () => deliveries(bench, 'GivenUp'),
        (all) => all.length > 0,
      );
      const list = async () => (await s3.send(new ListObjectsV2Command({ Bucket, Prefix }))).Contents ?? [];
      const found = await until(bench, list, (all) => all.length > 0);
      const [{ Key } = {}] = found;
      if (Key === undefined) return { objects: 0 };
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const left = leftSchema.parse(JSON.parse((await Body?.transformToString()) ?? ''));
      const { Records } = payloadSchema.parse(JSON.parse(left.payload));
      return {
        objects: found.length,
        keyHasShard: Key.startsWith(`${Prefix}shardId-000000000000/`),
        condition: left.requestContext.condition,
        batchSize: left.KinesisBatchInfo.batchSize,
        records: Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString()),
      };
    },
  },
};

export const maximumAge: Probe = {
  id: 'mapping-maximum-age',
  behavior:
    'A record older than MaximumRecordAgeInSeconds is discarded without being delivered; a newer one is delivered.',
  docs: KINESIS,
  reliedOnBy: [...POLLER, 'lib/rooms/streaming.ts'],
  expected: { heard: ['young'] },
  resources: (site) => mapping(site, 'Aged', { MaximumRecordAgeInSeconds: 60 }),
  look: {
    notOnEmulators: 'the shortest age is 60 seconds',
    async seen(bench) {
      await send(bench, 'Aged', ['old']);
      await watchSilence(bench); // longer than 60 s
      await enable(bench, 'Aged');
      await until(
        bench,
        () => stateOf(bench, 'Aged'),
        (state) => state === 'Enabled',
      );
      await send(bench, 'Aged', ['young']);
      const heard = await until(
        bench,
        () => deliveries(bench, 'Aged'),
        (all) => all.flatMap(textsOf).includes('young'),
      );
      return { heard: heard.flatMap(textsOf) };
    },
  },
};

export const oneAtATime: Probe = {
  id: 'mapping-order-per-key',
  behavior:
    'With ParallelizationFactor 2, records with the same partition key still arrive in order, one batch at a time.',
  docs: KINESIS,
  reliedOnBy: [...POLLER, 'lib/rooms/streaming.ts'],
  expected: ['0', '1', '2', '3', '4', '5', '6', '7'],
  resources: (site) => mapping(site, 'Parallel', { BatchSize: 2, ParallelizationFactor: 2 }),
  look: {
    async seen(bench) {
      const texts = Array.from({ length: 8 }, (_, n) => String(n));
      const all = await deliver(bench, 'Parallel', texts, (each) => each.flat().length >= texts.length);
      return all.flat();
    },
  },
};
