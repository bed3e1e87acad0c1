import { UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import type { Documentation, Probe } from '../probe.ts';
import { refusal, until, watchSilence } from '../wait.ts';
import { deliver, deliveries, enable, mapping, POLLER, send, stateOf, textsOf } from './a-mapping.ts';

const KINESIS: Documentation = {
  title: 'Using Lambda to process records from Amazon Kinesis Data Streams',
  url: 'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html',
};

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
