import type { Documentation, Probe } from '../probe.ts';
import { stream } from '../site-template.ts';
import { refusal } from '../wait.ts';
import { type Entry, put, readAll } from './a-kinesis-stream.ts';

const DOCS: Documentation = {
  title: 'PutRecords (Amazon Kinesis Data Streams API Reference)',
  url: 'https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html',
};

const THROTTLED = 'ProvisionedThroughputExceededException';

export const partialFailure: Probe = {
  id: 'kinesis-partial-failure',
  behavior:
    'PutRecords over the shard’s 1 MB/s succeeds partially: it returns one entry per record, in order, and entries for records that were not stored carry an error code.',
  docs: DOCS,
  reliedOnBy: ['test/unit/adapters/kinesis.test.ts', 'test/unit/streaming/publish.test.ts', 'src/streaming/publish.ts'],
  expected: { answers: 500, someFailed: true, countAgrees: true, codes: [THROTTLED], failedHaveNoSequenceNumber: true },
  resources: (site) => ({ Narrow: stream(site, 'narrow') }),
  look: {
    async seen(bench) {
      const entries = Array.from({ length: 500 }, (_, n): Entry => [`key ${n}`, new Uint8Array(9_000)]);
      const { FailedRecordCount = 0, Records = [] } = await put(bench, 'Narrow', entries);
      const failed = Records.filter(({ ErrorCode }) => ErrorCode !== undefined);
      return {
        answers: Records.length,
        someFailed: failed.length > 0,
        countAgrees: failed.length === FailedRecordCount,
        codes: [...new Set(failed.map(({ ErrorCode = '' }) => ErrorCode))],
        failedHaveNoSequenceNumber: failed.every(({ SequenceNumber }) => SequenceNumber === undefined),
      };
    },
  },
};

/** Outside the basic multilingual plane: one character, two UTF-16 units, four bytes in UTF-8. */
const EMOJI = '🚕';

export const keyLength: Probe = {
  id: 'kinesis-key-characters',
  behavior: 'A partition key is 1 to 256 Unicode characters, so 256 emoji are accepted and 257 letters are not.',
  docs: {
    title: 'PutRecordsRequestEntry (Amazon Kinesis Data Streams API Reference)',
    url: 'https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsRequestEntry.html',
  },
  reliedOnBy: ['test/unit/streaming/publish.test.ts', 'src/streaming/publish.ts', 'src/streaming/event-check.ts'],
  expected: {
    '256 letters': 'accepted',
    '257 letters': '400 ValidationException',
    '128 emoji': 'accepted',
    '129 emoji': 'accepted',
    '256 emoji': 'accepted',
    '257 emoji': '400 ValidationException',
    none: '400 ValidationException',
  },
  resources: (site) => ({ Keys: stream(site, 'keys') }),
  lane: 'Keys',
  look: {
    async seen(bench) {
      const tried = (key: string) => refusal(put(bench, 'Keys', [[key, 'x']]));
      return {
        '256 letters': await tried('a'.repeat(256)),
        '257 letters': await tried('a'.repeat(257)),
        '128 emoji': await tried(EMOJI.repeat(128)),
        '129 emoji': await tried(EMOJI.repeat(129)),
        '256 emoji': await tried(EMOJI.repeat(256)),
        '257 emoji': await tried(EMOJI.repeat(257)),
        none: await tried(''),
      };
    },
  },
};

export const badKeyRejectsAll: Probe = {
  id: 'kinesis-bad-key-rejects-call',
  behavior: 'One invalid partition key fails the whole PutRecords call, and none of its records is stored.',
  docs: DOCS,
  reliedOnBy: ['test/unit/adapters/kinesis.test.ts', 'src/streaming/publish.ts'],
  expected: { call: '400 ValidationException', stored: [] },
  resources: (site) => ({ Spoiled: stream(site, 'spoiled') }),
  lane: 'Spoiled',
  look: {
    async seen(bench) {
      const call = await refusal(
        put(bench, 'Spoiled', [
          ['good', 'one'],
          ['', 'two'],
          ['good', 'three'],
        ]),
      );
      return { call, stored: await readAll(bench, 'Spoiled') };
    },
  },
};

export const callSize: Probe = {
  id: 'kinesis-call-size',
  behavior: 'PutRecords accepts 500 records and refuses 501.',
  docs: DOCS,
  reliedOnBy: ['test/unit/streaming/publish.test.ts', 'src/streaming/publish.ts'],
  expected: { 500: 'accepted', 501: '400 ValidationException' },
  lane: 'Keys',
  look: {
    async seen(bench) {
      const tried = (n: number) =>
        refusal(
          put(
            bench,
            'Keys',
            Array.from({ length: n }, (_, each): Entry => [`key ${each}`, 'x']),
          ),
        );
      return { 500: await tried(500), 501: await tried(501) };
    },
  },
};
