import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { arnOf, type Bench, BUCKET, type Probe, type Resources, type Site } from '../probe.ts';
import { objects, role, stream } from '../site-template.ts';
import { until } from '../wait.ts';
import { put } from './a-kinesis-stream.ts';

/** Like lib/constructs/stream-archive.ts, with a short buffer. */
const archive = (site: Site): Resources => ({
  Archived: stream(site, 'archived'),
  ArchiveRole: role('firehose.amazonaws.com', [
    {
      Action: ['kinesis:DescribeStream', 'kinesis:GetShardIterator', 'kinesis:GetRecords', 'kinesis:ListShards'],
      Resource: arnOf('Archived'),
    },
    { Action: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'], Resource: objects('stream') },
    {
      Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
      Resource: arnOf(BUCKET),
    },
  ]),
  Archive: {
    Type: 'AWS::KinesisFirehose::DeliveryStream',
    Properties: {
      DeliveryStreamName: `${site.prefix}-archive`,
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: { KinesisStreamARN: arnOf('Archived'), RoleARN: arnOf('ArchiveRole') },
      ExtendedS3DestinationConfiguration: {
        BucketARN: arnOf(BUCKET),
        RoleARN: arnOf('ArchiveRole'),
        Prefix: 'stream/dt=!{timestamp:yyyy-MM-dd}/hh=!{timestamp:HH}/',
        ErrorOutputPrefix: 'stream-errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/',
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
        CompressionFormat: 'UNCOMPRESSED',
        FileExtension: '.jsonl',
      },
    },
  },
});

/** Content by key. */
async function archived({ s3, idOf }: Bench): Promise<ReadonlyMap<string, string>> {
  const Bucket = idOf(BUCKET);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'stream/' }));
  const found = new Map<string, string>();
  for (const { Key = '' } of Contents) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    found.set(Key, (await Body?.transformToString()) ?? '');
  }
  return found;
}

const KEY = /^stream\/dt=(\d{4}-\d\d-\d\d)\/hh=(\d\d)\/[^/]+\.jsonl$/;

const withoutTime = (key: string) =>
  key.replaceAll(/\d{4}([-/]\d\d)+/g, 'TIME').replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'ID');

export const archiving: Probe = {
  id: 'firehose-archive',
  behavior:
    'Firehose buffers the records of a stream into one object, concatenated without separators, under the hourly prefix (UTC) and with the configured extension.',
  docs: {
    title: 'Understand custom prefixes for Amazon S3 objects',
    url: 'https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html',
  },
  reliedOnBy: [
    'test/integration/stream-archive.test.ts',
    'lib/constructs/stream-archive.ts',
    'src/streaming/encode.ts',
  ],
  expected: { objects: 1, content: '{"n":1}{"n":2}\n{"n":3}\n', keys: 'match the prefix, in UTC' },
  resources: archive,
  look: {
    async seen(bench) {
      const texts = ['{"n":1}', '{"n":2}\n', '{"n":3}\n'];
      await put(
        bench,
        'Archived',
        texts.map((text) => ['key', text]),
      );
      const found = await until(
        bench,
        () => archived(bench),
        (all) => [...all.values()].join('').length >= texts.join('').length,
      );
      const areRight = [...found.keys()].every((key) => {
        const [, day, hour] = KEY.exec(key) ?? [];
        return Math.abs(Date.parse(`${day}T${hour}:30:00Z`) - Date.now()) < 3_600_000;
      });
      return {
        objects: found.size,
        content: [...found.values()].sort().join(''),
        keys:
          found.size > 0 && areRight
            ? 'match the prefix, in UTC'
            : [...found.keys()].map((key) => withoutTime(key.replace(bench.prefix, ''))),
      };
    },
  },
};
