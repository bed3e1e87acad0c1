import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { type Bench, BUCKET, type Probe } from '../probe.ts';
import { refusal } from '../wait.ts';

const put = ({ s3, idOf }: Bench, Key: string, Body: string) =>
  s3.send(new PutObjectCommand({ Bucket: idOf(BUCKET), Key, Body }));

const get = ({ s3, idOf }: Bench, Key: string, IfNoneMatch?: string) =>
  s3.send(new GetObjectCommand({ Bucket: idOf(BUCKET), Key, IfNoneMatch }));

const list = ({ s3, idOf }: Bench, Prefix: string, MaxKeys?: number, ContinuationToken?: string) =>
  s3.send(new ListObjectsV2Command({ Bucket: idOf(BUCKET), Prefix, MaxKeys, ContinuationToken }));

const ROUNDS = 10;

export const readAfterWrite: Probe = {
  id: 's3-read-after-write',
  behavior: 'Reads and lists see the latest put or delete immediately.',
  docs: {
    title: 'What is Amazon S3? (Amazon S3 data consistency model)',
    url: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel',
  },
  reliedOnBy: ['test/integration/monthly.test.ts', 'src/batch/plan.ts', 'src/registry/live-model.ts'],
  expected: { staleReads: 0, staleLists: 0, seenAfterDelete: 0 },
  look: {
    async seen(bench) {
      let [staleReads, staleLists, seenAfterDelete] = [0, 0, 0];
      for (let round = 0; round < ROUNDS; round++) {
        const key = `read-after-write/${round % 2}`;
        const { ETag } = await put(bench, key, `round ${round}`);
        const { Body } = await get(bench, key);
        if ((await Body?.transformToString()) !== `round ${round}`) staleReads++;
        const { Contents = [] } = await list(bench, key);
        if (Contents.length !== 1 || Contents[0]?.ETag !== ETag) staleLists++;
        if (round % 3 !== 2) continue;
        await bench.s3.send(new DeleteObjectCommand({ Bucket: bench.idOf(BUCKET), Key: key }));
        if ((await refusal(get(bench, key))) !== '404 NoSuchKey') seenAfterDelete++;
        if ((await list(bench, key)).KeyCount !== 0) seenAfterDelete++;
      }
      return { staleReads, staleLists, seenAfterDelete };
    },
  },
};

export const getIfChanged: Probe = {
  id: 's3-get-if-changed',
  behavior: 'A get with `If-None-Match` returns 304 for the current ETag and the object for any other.',
  docs: {
    title: 'GetObject (Amazon S3 API Reference)',
    url: 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html',
  },
  reliedOnBy: ['test/unit/registry/live-model.test.ts', 'src/adapters/s3.ts'],
  expected: { unchanged: 304, changed: 'new' },
  look: {
    async seen(bench) {
      const { ETag } = await put(bench, 'get-if-changed', 'old');
      const unchanged = Number.parseInt(await refusal(get(bench, 'get-if-changed', ETag)), 10);
      await put(bench, 'get-if-changed', 'new');
      const { Body } = await get(bench, 'get-if-changed', ETag);
      return { unchanged, changed: (await Body?.transformToString()) ?? '' };
    },
  },
};

export const listInPages: Probe = {
  id: 's3-list-in-pages',
  behavior: 'A list returns keys in UTF-8 byte order, each exactly once, across pages.',
  docs: {
    title: 'ListObjectsV2 (Amazon S3 API Reference)',
    url: 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html',
  },
  reliedOnBy: ['test/unit/registry/registry.test.ts', 'src/adapters/s3.ts'],
  expected: { pages: 3, keys: ['A', 'a/1', 'a/10', 'a/2', 'é'] },
  look: {
    async seen(bench) {
      for (const name of ['é', 'a/2', 'A', 'a/10', 'a/1']) await put(bench, `list-in-pages/${name}`, name);
      const keys: string[] = [];
      let pages = 0;
      for (let token: string | undefined; pages === 0 || token !== undefined; pages++) {
        const listed = list(bench, 'list-in-pages/', 2, token);
        const refused = await refusal(listed);
        if (refused !== 'accepted') return { pages, keys, refused };
        const page = await listed;
        keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key.slice('list-in-pages/'.length)));
        token = page.NextContinuationToken;
      }
      return { pages, keys };
    },
  },
};

const LARGE = 1_000_000;

export const putIsWhole: Probe = {
  id: 's3-put-is-whole',
  behavior: 'A reader gets either the old object or the new one while it is being replaced, never a mix.',
  docs: {
    title: 'What is Amazon S3? (Amazon S3 data consistency model)',
    url: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel',
  },
  reliedOnBy: ['test/integration/batch-faults.test.ts', 'src/adapters/s3.ts'],
  expected: { reads: 8, torn: 0 },
  look: {
    async seen(bench) {
      const key = 'put-is-whole';
      await put(bench, key, 'a'.repeat(LARGE));
      const writes = ['b', 'c', 'd', 'e'].map((letter) => put(bench, key, letter.repeat(LARGE)));
      const reads = await Promise.all(
        Array.from({ length: 8 }, async () => (await (await get(bench, key)).Body?.transformToString()) ?? ''),
      );
      await Promise.all(writes);
      const torn = reads.filter((each) => each.length !== LARGE || new Set(each).size !== 1).length;
      return { reads: reads.length, torn };
    },
  },
};
