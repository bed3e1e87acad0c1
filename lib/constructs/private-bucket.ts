import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey, Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { isTlsOnly } from '../config/endpoint.ts';
import type { Config } from '../config/schema.ts';
import { acceptWildcard } from './accept-finding.ts';

export interface PrivateBucketProps {
  readonly config: Config;
  readonly bucketName: string;
  /**
   * How many days a replaced or deleted object is kept before it is deleted for good; null means forever.
   * @default - deleted at once: there are no versions
   */
  readonly oldVersionDays?: number | null;
  /**
   * The environment's key; grants on the bucket then include it.
   * @default - S3's own
   */
  readonly encryptionKey?: Key | undefined;
  /**
   * After how many days objects are deleted, by prefix; '' is the whole bucket, null means never.
   * @default - nothing is deleted
   */
  readonly expireAfterDays?: Readonly<Record<string, number | null>>;
  /**
   * Where S3 logs who requested what, and under which prefix ('models/').
   * @default - nowhere
   */
  readonly accessLogs?: { readonly store: PrivateBucket; readonly prefix: string };
}

/** A role, or something that stands for one. */
export type Grantee = IGrantable & IConstruct;

/** A bucket that only its grantees can reach, over TLS; grants are for prefixes, never for the whole bucket. */
export class PrivateBucket extends Construct {
  readonly bucket: Bucket;
  readonly #key: Key | undefined;

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    const { encryptionKey, oldVersionDays } = props;
    this.#key = encryptionKey;
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: props.bucketName,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // The CDK's class does not match its own interface under exactOptionalPropertyTypes.
      ...(encryptionKey === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: encryptionKey as IKey, bucketKeyEnabled: true }),
      enforceSSL: isTlsOnly(props.config),
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: oldVersionDays !== undefined,
      ...(props.accessLogs && {
        serverAccessLogsBucket: props.accessLogs.store.bucket as IBucket,
        serverAccessLogsPrefix: props.accessLogs.prefix,
      }),
      // Plain RETAIN would also keep the bucket of a failed first deploy, which then blocks the next one.
      removalPolicy: props.config.stateful.retain ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
      lifecycleRules: [
        { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
        ...Object.entries(props.expireAfterDays ?? {}).flatMap(([prefix, days]) =>
          days === null ? [] : [expiry(prefix, days, oldVersionDays)],
        ),
        ...(typeof oldVersionDays === 'number' ? [endOfOldVersions(Duration.days(oldVersionDays))] : []),
      ],
    });
  }

  /** Grants reading and listing objects under the prefixes ('raw/'); listing without a prefix shows all keys. */
  grantRead(grantee: Grantee, ...prefixes: readonly string[]): void {
    this.#grant(grantee, ['s3:GetObject'], prefixes);
    this.#grantKey(grantee, 'kms:Decrypt');
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [this.bucket.bucketArn],
        // Without ListBucket, S3 answers 403 instead of 404 for a missing key. That check carries no s3:prefix, hence
        // IfExists. Listing the whole bucket carries none either and passes; listing another prefix is denied. It shows
        // keys (months, runs, checksums), not rides.
        conditions: { StringLikeIfExists: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } },
      }),
    );
  }

  /** Grants writing under the prefixes, but not deleting. */
  grantWrite(grantee: Grantee, ...prefixes: readonly string[]): void {
    this.#grant(grantee, ['s3:PutObject'], prefixes);
    this.#grantKey(grantee, 'kms:GenerateDataKey');
  }

  /** What Lambda requires of a function whose failed batches go to this bucket: writing anywhere in it, and listing. */
  grantDelivery(grantee: Grantee): void {
    this.grantWrite(grantee, '');
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }),
    );
  }

  #grantKey(grantee: Grantee, action: string): void {
    if (this.#key === undefined) return;
    const resources = [this.#key.keyArn];
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions: [action], resources }));
  }

  #grant(grantee: Grantee, actions: string[], prefixes: readonly string[]): void {
    const resources = prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`));
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
    for (const arn of resources) acceptWildcard(grantee, arn, 'Objects under one prefix; they get their names later.');
  }
}

/** In a versioned bucket, expiry only hides the latest version: keep nothing hidden longer than it was visible. */
const expiry = (prefix: string, days: number, oldVersionDays: number | null | undefined): LifecycleRule => ({
  id: `expire-${prefix || 'all'}`.replace('/', ''),
  prefix,
  expiration: Duration.days(days),
  ...(oldVersionDays !== undefined &&
    days < (oldVersionDays ?? Infinity) && { noncurrentVersionExpiration: Duration.days(days) }),
});

/** However they became old: by a new version, a deletion, or the expiry of the latest. */
const endOfOldVersions = (age: Duration): LifecycleRule => ({
  id: 'old-versions',
  noncurrentVersionExpiration: age,
  expiredObjectDeleteMarker: true,
});
