import {
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { Probe } from '../probe.ts';
import { bucket } from '../site-template.ts';
import { refusal } from '../wait.ts';

export const versionedDelete: Probe = {
  id: 's3-versioned-delete',
  behavior: 'Deleting in a versioned bucket adds a delete marker; every version remains readable by its id.',
  docs: {
    title: 'Working with delete markers',
    url: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html',
  },
  reliedOnBy: ['test/integration/second-environment.test.ts', 'src/adapters/s3.ts', 'src/operations/teardown.ts'],
  expected: { get: '404 NoSuchKey', marker: true, versions: 2, markers: 1, oldest: 'first' },
  resources: (site) => ({ Versioned: bucket(site, 'versioned', { VersioningConfiguration: { Status: 'Enabled' } }) }),
  look: {
    async seen({ s3, idOf }) {
      const at = { Bucket: idOf('Versioned'), Key: 'versioned' };
      const { VersionId } = await s3.send(new PutObjectCommand({ ...at, Body: 'first' }));
      await s3.send(new PutObjectCommand({ ...at, Body: 'second' }));
      const { DeleteMarker = false } = await s3.send(new DeleteObjectCommand(at));
      const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: at.Bucket }));
      const { Body } = await s3.send(new GetObjectCommand({ ...at, VersionId }));
      return {
        get: await refusal(s3.send(new GetObjectCommand(at))),
        marker: DeleteMarker,
        versions: Versions.length,
        markers: DeleteMarkers.length,
        oldest: (await Body?.transformToString()) ?? '',
      };
    },
  },
};

export const conditionalOnDeleted: Probe = {
  id: 's3-put-if-absent-after-delete',
  behavior: 'In a versioned bucket, a put with `If-None-Match: *` succeeds if the newest version is a delete marker.',
  docs: {
    title: 'How to prevent object overwrites with conditional writes',
    url: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html',
  },
  reliedOnBy: ['test/unit/registry/alias.test.ts', 'src/registry/alias.ts'],
  expected: 'accepted',
  resources: (site) => ({
    VersionedToo: bucket(site, 'versioned-too', { VersioningConfiguration: { Status: 'Enabled' } }),
  }),
  look: {
    async seen({ s3, idOf }) {
      const at = { Bucket: idOf('VersionedToo'), Key: 'again' };
      await s3.send(new PutObjectCommand({ ...at, Body: 'first' }));
      await s3.send(new DeleteObjectCommand(at));
      return refusal(s3.send(new PutObjectCommand({ ...at, Body: 'second', IfNoneMatch: '*' })));
    },
  },
};

export const lifecycle: Probe = {
  id: 's3-lifecycle-rules',
  behavior: 'A bucket has the lifecycle rules of its template: prefix, days and status.',
  docs: {
    title: 'Managing the lifecycle of objects',
    url: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html',
  },
  reliedOnBy: ['test/infra/data.test.ts', 'lib/constructs/private-bucket.ts'],
  expected: [{ ID: 'one-prefix', Status: 'Enabled', prefix: 'raw/', days: 3 }],
  resources: (site) => ({
    Expiring: bucket(site, 'expiring', {
      LifecycleConfiguration: {
        Rules: [{ Id: 'one-prefix', Status: 'Enabled', Prefix: 'raw/', ExpirationInDays: 3 }],
      },
    }),
  }),
  look: {
    async seen({ s3, idOf }) {
      const ask = s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: idOf('Expiring') }));
      const answer = await refusal(ask);
      if (answer !== 'accepted') return answer;
      const { Rules = [] } = await ask;
      return Rules.map(({ ID = '', Status = '', Filter, Prefix, Expiration }) => ({
        ID,
        Status,
        prefix: Filter?.Prefix ?? Prefix ?? '',
        days: Expiration?.Days ?? 0,
      }));
    },
  },
};

export const expiry: Probe = {
  id: 's3-expiry',
  behavior: 'S3 deletes objects past their expiration, no earlier than the next midnight UTC.',
  docs: {
    title: 'Expiring objects',
    url: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html',
  },
  reliedOnBy: ['test/infra/data.test.ts', 'lib/constructs/private-bucket.ts'],
  expected: 'deleted',
  look: { unseen: 'the shortest lifecycle rule is one day' },
};
