import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { BUCKET, type Documentation, type Probe } from '../probe.ts';
import { until, watchSilence } from '../wait.ts';
import { deliver, deliveries, enable, mapping, POLLER, send, stateOf, textsOf, toBucket } from './a-mapping.ts';

const PARTIAL: Documentation = {
  title: 'Configuring partial batch response with Kinesis Data Streams and Lambda',
  url: 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html',
};
const DISCARDED: Documentation = {
  title: 'Retain discarded batch records for a Kinesis Data Streams event source in Lambda',
  url: 'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
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
  docs: DISCARDED,
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

export const retryLimit: Probe = {
  id: 'mapping-retry-limit',
  behavior:
    'A failing batch is delivered once plus MaximumRetryAttempts times and then discarded; the next records follow.',
  docs: DISCARDED,
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

const leftSchema = z.object({
  requestContext: z.looseObject({ condition: z.string() }),
  KinesisBatchInfo: z.looseObject({ batchSize: z.number() }),
  payload: z.union([z.string(), z.looseObject({})]),
});
const payloadSchema = z.looseObject({
  Records: z.array(z.looseObject({ kinesis: z.looseObject({ data: z.string() }) })),
});

export const onFailure: Probe = {
  id: 'mapping-on-failure',
  behavior:
    'A discarded batch is written to the on-failure bucket under `aws/lambda/{mapping}/{shard}/`, with the reason and (unlike in a queue) the event as escaped JSON.',
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
    payload: 'string',
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
      const { payload } = left;
      const { Records } = payloadSchema.parse(typeof payload === 'string' ? JSON.parse(payload) : payload);
      return {
        objects: found.length,
        keyHasShard: Key.startsWith(`${Prefix}shardId-000000000000/`),
        condition: left.requestContext.condition,
        batchSize: left.KinesisBatchInfo.batchSize,
        payload: typeof payload,
        records: Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString()),
      };
    },
  },
};

export const maximumAge: Probe = {
  id: 'mapping-maximum-age',
  behavior:
    'A record older than MaximumRecordAgeInSeconds is discarded without being delivered; a newer one is delivered.',
  docs: DISCARDED,
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
