import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { LogStream } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { resourceName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { acceptFinding, acceptWildcard } from './accept-finding.ts';
import type { PrivateBucket } from './private-bucket.ts';
import { PrivateLogGroup } from './private-log-group.ts';

export interface StreamArchiveProps {
  readonly config: Config;
  /** In the delivery stream's name, `tripcast-{env}-{name}`. */
  readonly name: string;
  readonly stream: IStream;
  readonly bucket: PrivateBucket;
  /** Encrypts both; undefined means AWS's own key, which needs no grants. */
  readonly key: Key | undefined;
  /** Where its objects are stored ('stream/'), by the hour (UTC) in which a record arrived. */
  readonly prefix: string;
  /** Where undeliverable records are stored, with the reason. */
  readonly errorPrefix: string;
}

/**
 * Everything that comes through a stream, as JSON lines in S3. Firehose joins records without a separator, so each must
 * end with its own newline; and it may deliver a record twice, so readers drop duplicates.
 */
export class StreamArchive extends Construct {
  readonly deliveryStream: CfnDeliveryStream;

  constructor(scope: Construct, id: string, props: StreamArchiveProps) {
    super(scope, id);
    const { config, name, stream, bucket, prefix, errorPrefix } = props;
    const deliveryStreamName = resourceName(config.env, name);
    const { logGroup } = new PrivateLogGroup(this, 'Logs', {
      config,
      name: `/aws/kinesisfirehose/${deliveryStreamName}`,
    });
    const errors = new LogStream(this, 'Errors', { logGroup, removalPolicy: RemovalPolicy.DESTROY });
    const ofThisAccount = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const firehose = new ServicePrincipal('firehose.amazonaws.com', { conditions: ofThisAccount });
    const role = new Role(this, 'Role', { assumedBy: firehose });
    grantArchiving(role, props);
    logGroup.grantWrite(role);
    const { compression, bufferMegabytes, bufferSeconds } = config.archive;
    this.deliveryStream = new CfnDeliveryStream(this, 'DeliveryStream', {
      deliveryStreamName,
      deliveryStreamType: 'KinesisStreamAsSource',
      kinesisStreamSourceConfiguration: { kinesisStreamArn: stream.streamArn, roleArn: role.roleArn },
      extendedS3DestinationConfiguration: {
        bucketArn: bucket.bucket.bucketArn,
        roleArn: role.roleArn,
        prefix: `${prefix}dt=!{timestamp:yyyy-MM-dd}/hh=!{timestamp:HH}/`,
        errorOutputPrefix: `${errorPrefix}!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/`,
        bufferingHints: { sizeInMBs: bufferMegabytes, intervalInSeconds: bufferSeconds },
        compressionFormat: compression,
        // Readers go by the suffix, and by default Firehose names a compressed object just .gz.
        fileExtension: EXTENSIONS[compression],
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: logGroup.logGroupName,
          logStreamName: errors.logStreamName,
        },
      },
    });
    acceptFinding(
      this.deliveryStream,
      'KDF1',
      'Its source is a Kinesis stream, which is encrypted; Firehose then stores nothing itself and accepts no key.',
    );
    // Firehose tries out the role when the delivery stream is created, so its policy must exist by then.
    this.deliveryStream.node.addDependency(role);
  }
}

const EXTENSIONS = { GZIP: '.jsonl.gz', UNCOMPRESSED: '.jsonl' } as const satisfies Record<
  Config['archive']['compression'],
  string
>;

/** What Firehose needs to read Kinesis and write to S3 (Developer Guide, "Controlling access"), under both prefixes. */
function grantArchiving(role: Role, { stream, bucket, key, prefix, errorPrefix }: StreamArchiveProps): void {
  if (key !== undefined) {
    const actions = ['kms:Decrypt', 'kms:GenerateDataKey'];
    role.addToPolicy(new PolicyStatement({ actions, resources: [key.keyArn] }));
  }
  role.addToPolicy(
    new PolicyStatement({
      actions: ['kinesis:DescribeStream', 'kinesis:GetShardIterator', 'kinesis:GetRecords', 'kinesis:ListShards'],
      resources: [stream.streamArn],
    }),
  );
  const objects = [prefix, errorPrefix].map((each) => bucket.bucket.arnForObjects(`${each}*`));
  role.addToPolicy(
    new PolicyStatement({ actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'], resources: objects }),
  );
  for (const arn of objects) acceptWildcard(role, arn, 'Firehose chooses the names of its objects under this prefix.');
  role.addToPolicy(
    new PolicyStatement({
      actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
      resources: [bucket.bucket.bucketArn],
    }),
  );
}
