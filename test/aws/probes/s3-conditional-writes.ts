import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { type Bench, BUCKET, type Documentation, type Probe } from '../probe.ts';
import { refusal } from '../wait.ts';

const DOCS: Documentation = {
  title: 'How to prevent object overwrites with conditional writes',
  url: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html',
};

interface Condition {
  readonly IfNoneMatch?: string;
  readonly IfMatch?: string;
}

const put = ({ s3, idOf }: Bench, Key: string, Body: string, condition: Condition = {}) =>
  s3.send(new PutObjectCommand({ Bucket: idOf(BUCKET), Key, Body, ...condition }));

async function text({ s3, idOf }: Bench, Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: idOf(BUCKET), Key }));
  return (await Body?.transformToString()) ?? '';
}

export const putIfAbsent: Probe = {
  id: 's3-put-if-absent',
  behavior: 'A put with `If-None-Match: *` fails with 412 if the key exists, and changes nothing.',
  docs: DOCS,
  reliedOnBy: ['test/integration/batch-faults.test.ts', 'src/adapters/s3.ts', 'src/batch/receipts.ts'],
  expected: { first: 'accepted', second: '412 PreconditionFailed', content: 'first' },
  look: {
    async seen(bench) {
      const key = 'put-if-absent';
      const first = await refusal(put(bench, key, 'first', { IfNoneMatch: '*' }));
      const second = await refusal(put(bench, key, 'second', { IfNoneMatch: '*' }));
      return { first, second, content: await text(bench, key) };
    },
  },
};

export const putIfMatch: Probe = {
  id: 's3-put-if-match',
  behavior: 'A put with `If-Match` fails with 412 if the object has a different ETag, and succeeds if it has that one.',
  docs: DOCS,
  reliedOnBy: ['test/integration/training.test.ts', 'src/adapters/s3.ts', 'src/registry/alias.ts'],
  expected: { stale: '412 PreconditionFailed', afterStale: 'second', current: 'accepted', afterCurrent: 'fourth' },
  look: {
    async seen(bench) {
      const key = 'put-if-match';
      const { ETag: stale } = await put(bench, key, 'first');
      const { ETag: current } = await put(bench, key, 'second');
      if (stale === undefined || current === undefined) throw new Error('A put gave no ETag.');
      const refused = await refusal(put(bench, key, 'third', { IfMatch: stale }));
      const afterStale = await text(bench, key);
      const accepted = await refusal(put(bench, key, 'fourth', { IfMatch: current }));
      return { stale: refused, afterStale, current: accepted, afterCurrent: await text(bench, key) };
    },
  },
};

export const putIfMatchOfNothing: Probe = {
  id: 's3-put-if-match-of-nothing',
  behavior: 'A put with `If-Match` fails with 404 if the key does not exist.',
  docs: DOCS,
  reliedOnBy: ['test/integration/batch-faults.test.ts', 'src/adapters/s3.ts'],
  expected: { put: '404 NoSuchKey', get: '404 NoSuchKey' },
  look: {
    async seen(bench) {
      const key = 'put-if-match-of-nothing';
      const refused = await refusal(put(bench, key, 'lost', { IfMatch: '"d41d8cd98f00b204e9800998ecf8427e"' }));
      return { put: refused, get: await refusal(text(bench, key)) };
    },
  },
};

const RACERS = 12;

export const putRace: Probe = {
  id: 's3-put-race',
  behavior:
    'Of many simultaneous puts with `If-None-Match: *`, exactly one succeeds; the others get 412, or 409 while it is in progress.',
  docs: DOCS,
  reliedOnBy: ['test/integration/training.test.ts', 'src/registry/promotion.ts', 'src/adapters/s3.ts'],
  expected: { accepted: 1, otherRefusals: 0, content: 'from the winner' },
  look: {
    async seen(bench) {
      const key = 'put-race';
      const answers = await Promise.all(
        Array.from({ length: RACERS }, (_, racer) => refusal(put(bench, key, `racer ${racer}`, { IfNoneMatch: '*' }))),
      );
      const winner = answers.indexOf('accepted');
      const lost = answers.filter((each) => /^(412 PreconditionFailed|409 ConditionalRequestConflict)$/.test(each));
      const accepted = answers.filter((each) => each === 'accepted').length;
      const content = (await text(bench, key)) === `racer ${winner}` ? 'from the winner' : 'not from the winner';
      return { accepted, otherRefusals: RACERS - accepted - lost.length, content };
    },
  },
};
