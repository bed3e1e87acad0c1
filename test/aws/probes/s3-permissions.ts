import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { arnOf, type Bench, BUCKET, type Probe } from '../probe.ts';
import { objects, role } from '../site-template.ts';
import { refusal, until } from '../wait.ts';

/** Runs with the permissions of a role in the stack. A new role takes a moment to propagate. */
async function as<T>(bench: Bench, logicalId: string, work: (s3: S3Client) => Promise<T>): Promise<T> {
  const { Account } = await bench.sts.send(new GetCallerIdentityCommand({}));
  const RoleArn = `arn:aws:iam::${Account}:role/${bench.idOf(logicalId)}`;
  const assume = () => bench.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: bench.prefix }));
  const answer = await until(
    bench,
    () => assume().catch(() => undefined),
    (answer) => answer !== undefined,
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer?.Credentials ?? {};
  const s3 = new S3Client({
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  });
  try {
    return await work(s3);
  } finally {
    s3.destroy();
  }
}

const get = (s3: S3Client, Bucket: string, Key: string) => refusal(s3.send(new GetObjectCommand({ Bucket, Key })));
const list = (s3: S3Client, Bucket: string, Prefix: string) =>
  refusal(s3.send(new ListObjectsV2Command({ Bucket, Prefix })));

export const missingKeyUnlisted: Probe = {
  id: 's3-missing-key-without-list',
  behavior: 'A reader without s3:ListBucket gets 403, not 404, for a key that does not exist.',
  docs: {
    title: 'GetObject (Amazon S3 API Reference)',
    url: 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html',
  },
  reliedOnBy: ['test/infra/permissions.test.ts', 'lib/constructs/private-bucket.ts'],
  expected: { missing: '403 AccessDenied', present: 'accepted' },
  resources: () => ({
    ReaderOnly: role('account', [{ Action: ['s3:GetObject'], Resource: objects('without-list/') }]),
  }),
  look: {
    async seen(bench) {
      const bucket = bench.idOf(BUCKET);
      await bench.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'without-list/present', Body: 'x' }));
      return as(bench, 'ReaderOnly', async (s3) => {
        // First what is allowed, which shows that the role's policy has propagated.
        const present = await until(
          bench,
          () => get(s3, bucket, 'without-list/present'),
          (seen) => seen === 'accepted',
        );
        return { missing: await get(s3, bucket, 'without-list/missing'), present };
      });
    },
  },
};

export const missingKeyListed: Probe = {
  id: 's3-missing-key-with-list',
  behavior:
    'A reader allowed to list one prefix (`StringLikeIfExists` on `s3:prefix`) gets 404 for a missing key there, and can list nothing else.',
  docs: {
    title: 'Actions, resources, and condition keys for Amazon S3 (Service Authorization Reference)',
    url: 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html',
  },
  reliedOnBy: ['test/infra/permissions.test.ts', 'lib/constructs/private-bucket.ts'],
  expected: {
    listed: 'accepted',
    missing: '404 NoSuchKey',
    elsewhere: '403 AccessDenied',
    unlistedKey: '403 AccessDenied',
  },
  resources: () => ({
    Lister: role('account', [
      { Action: ['s3:GetObject'], Resource: objects('with-list/') },
      {
        Action: ['s3:ListBucket'],
        Resource: arnOf(BUCKET),
        Condition: { StringLikeIfExists: { 's3:prefix': 'with-list/*' } },
      },
    ]),
  }),
  look: {
    async seen(bench) {
      const bucket = bench.idOf(BUCKET);
      return as(bench, 'Lister', async (s3) => {
        const listed = await until(
          bench,
          () => list(s3, bucket, 'with-list/'),
          (seen) => seen === 'accepted',
        );
        return {
          listed,
          missing: await get(s3, bucket, 'with-list/missing'),
          elsewhere: await list(s3, bucket, 'other/'),
          unlistedKey: await get(s3, bucket, 'other/key'),
        };
      });
    },
  },
};
