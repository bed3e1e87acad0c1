import type { GetRecordsCommandOutput } from '@aws-sdk/client-kinesis';
import type { Documentation, Probe } from '../probe.ts';
import { stream } from '../site-template.ts';
import { pause, refusal, until } from '../wait.ts';
import { type From, iterator, OLDEST, put, read, readSome } from './a-kinesis-stream.ts';

const GET_RECORDS: Documentation = {
  title: 'GetRecords (Amazon Kinesis Data Streams API Reference)',
  url: 'https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html',
};

const hasSome = ({ Records = [] }: GetRecordsCommandOutput) => Records.length > 0;

export const order: Probe = {
  id: 'kinesis-sequence-order',
  behavior:
    'Sequence numbers in a shard increase with each put, both as numbers and as equal-length strings, and records are read in that order.',
  docs: {
    title: 'Amazon Kinesis Data Streams terminology and concepts (Sequence number)',
    url: 'https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html',
  },
  reliedOnBy: ['test/unit/streaming/poller.test.ts', 'test/support/poller.ts'],
  expected: { asNumbers: true, asTexts: true, digits: 'equal', read: ['0', '1', '2', '3', '4', '5'] },
  resources: (site) => ({ Ordered: stream(site, 'ordered') }),
  look: {
    async seen(bench) {
      const numbers: string[] = [];
      for (let n = 0; n < 6; n++) {
        const { Records = [] } = await put(bench, 'Ordered', [[`key ${n}`, String(n)]]);
        numbers.push(...Records.map(({ SequenceNumber = '' }) => SequenceNumber));
      }
      const [{ length } = ''] = numbers;
      return {
        asNumbers: numbers.every((each, n) => n === 0 || BigInt(each) > BigInt(numbers[n - 1] ?? '')),
        asTexts: numbers.every((each, n) => n === 0 || each > (numbers[n - 1] ?? '')),
        digits: numbers.every((each) => each.length === length) ? 'equal' : 'differ',
        read: await readSome(bench, await iterator(bench, 'Ordered', OLDEST), 6),
      };
    },
  },
};

export const positions: Probe = {
  id: 'kinesis-iterator-positions',
  behavior:
    'TRIM_HORIZON starts at the oldest record, AFTER_SEQUENCE_NUMBER right after the given one, and LATEST with the next one written.',
  docs: {
    title: 'GetShardIterator (Amazon Kinesis Data Streams API Reference)',
    url: 'https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html',
  },
  reliedOnBy: ['test/integration/stream-round-trip.test.ts', 'src/adapters/kinesis.ts'],
  expected: { oldest: ['a', 'b', 'c'], afterA: ['b', 'c'], latest: ['d'] },
  resources: (site) => ({ Positions: stream(site, 'positions') }),
  look: {
    async seen(bench) {
      const { Records: [a] = [] } = await put(bench, 'Positions', [['key', 'a']]);
      await put(bench, 'Positions', [['key', 'b']]);
      await put(bench, 'Positions', [['key', 'c']]);
      const after: From = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: a?.SequenceNumber };
      const oldest = await readSome(bench, await iterator(bench, 'Positions', OLDEST), 3);
      const afterA = await readSome(bench, await iterator(bench, 'Positions', after), 2);
      const latest = await iterator(bench, 'Positions', { ShardIteratorType: 'LATEST' });
      await put(bench, 'Positions', [['key', 'd']]);
      return { oldest, afterA, latest: await readSome(bench, latest, 1) };
    },
  },
};

export const arrival: Probe = {
  id: 'kinesis-arrival-time',
  behavior: 'A record carries its arrival time, within a minute of the local clock.',
  docs: {
    title: 'Record (Amazon Kinesis Data Streams API Reference)',
    url: 'https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html',
  },
  reliedOnBy: ['test/unit/streaming/decode.test.ts', 'src/streaming/decode.ts'],
  expected: { within: 'a minute' },
  lane: 'Limited',
  look: {
    async seen(bench) {
      await put(bench, 'Limited', [['key', 'now']]);
      const start = await iterator(bench, 'Limited', OLDEST);
      const { Records = [] } = await until(bench, () => read(bench, start), hasSome);
      const at = Records.at(-1)?.ApproximateArrivalTimestamp?.getTime() ?? 0;
      return { within: Math.abs(Date.now() - at) < 60_000 ? 'a minute' : 'more than a minute' };
    },
  },
};

export const limits: Probe = {
  id: 'kinesis-read-limit',
  behavior:
    'GetRecords returns at most Limit records and an iterator to continue with; a Limit over 10,000 is refused.',
  docs: GET_RECORDS,
  reliedOnBy: ['test/unit/adapters/kinesis.test.ts', 'src/adapters/kinesis.ts'],
  expected: { first: 2, goesOn: true, tooMany: '400 ValidationException' },
  resources: (site) => ({ Limited: stream(site, 'limited') }),
  lane: 'Limited',
  look: {
    async seen(bench) {
      await put(
        bench,
        'Limited',
        ['a', 'b', 'c'].map((text) => ['key', text]),
      );
      const start = await iterator(bench, 'Limited', OLDEST);
      const { Records = [], NextShardIterator } = await until(bench, () => read(bench, start, 2), hasSome);
      const tooMany = await refusal(read(bench, start, 10_001));
      return { first: Records.length, goesOn: NextShardIterator !== undefined, tooMany };
    },
  },
};

export const readRate: Probe = {
  id: 'kinesis-read-rate',
  behavior: 'More than five GetRecords calls per second to one shard fail with ProvisionedThroughputExceededException.',
  docs: GET_RECORDS,
  reliedOnBy: ['test/unit/adapters/kinesis.test.ts', 'src/adapters/kinesis.ts'],
  expected: { refused: ['400 ProvisionedThroughputExceededException'] },
  lane: 'Limited',
  look: {
    async seen(bench) {
      const start = await iterator(bench, 'Limited', OLDEST);
      const answers = await Promise.all(Array.from({ length: 25 }, () => refusal(read(bench, start))));
      return { refused: [...new Set(answers.filter((each) => each !== 'accepted'))] };
    },
  },
};

export const iteratorExpiry: Probe = {
  id: 'kinesis-iterator-expiry',
  behavior: 'An iterator expires after five minutes (ExpiredIteratorException).',
  docs: GET_RECORDS,
  reliedOnBy: ['test/unit/adapters/kinesis.test.ts', 'src/adapters/kinesis.ts'],
  expected: '400 ExpiredIteratorException',
  look: {
    notOnEmulators: 'it takes more than five minutes',
    async seen(bench) {
      const start = await iterator(bench, 'Limited', OLDEST);
      await pause(310_000, bench.signal);
      return refusal(read(bench, start));
    },
  },
};
