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
import { type Config, isTlsOnly } from '../config.ts';
import { acceptWildcard } from './accept-finding.ts';

export interface PrivateBucketProps {
  readonly config: Config;
  readonly bucketName: string;
  /**
   * After how many days an object is deleted for good that was replaced or deleted; null is never.
   * @default - at once: there are no versions
   */
  readonly oldVersionDays?: number | null;
  /**
   * Of the environment; grants of the bucket then include it.
   * @default - S3's own
   */
  readonly encryptionKey?: Key | undefined;
  /**
   * After how many days objects are deleted, by prefix; '' is the whole bucket, null is never.
   * @default - nothing is deleted
   */
  readonly expireAfterDays?: Readonly<Record<string, number | null>>;
  /**
   * Where S3 writes down who asked for what, and under which prefix ('models/').
   * @default - nowhere
   */
  readonly accessLogs?: { readonly store: PrivateBucket; readonly prefix: string };
}

/** A role, or what stands for one. */
export type Grantee = IGrantable & IConstruct;

/** A bucket that nobody but its grantees reaches, over TLS; grants are for prefixes, never for the whole bucket. */
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
      // The CDK declares its own class in a way that exactOptionalPropertyTypes does not take for its interface.
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
      // Plain RETAIN also survives a first deploy that failed, and its bucket then blocks the next one.
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

  /** Reading what is under the prefixes ('raw/'), and listing it; a list that names no prefix shows all keys. */
  grantRead(grantee: Grantee, ...prefixes: readonly string[]): void {
    this.#grant(grantee, ['s3:GetObject'], prefixes);
    this.#grantKey(grantee, 'kms:Decrypt');
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [this.bucket.bucketArn],
        // Without ListBucket, S3 answers 403 instead of 404 for a missing key. That check carries no s3:prefix, hence
        // IfExists. A list of the whole bucket carries none either and passes; one of another prefix is denied. It shows keys
        // (months, runs, checksums), not rides.
        conditions: { StringLikeIfExists: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } },
      }),
    );
  }

  /** Writing of what lies under the prefixes; not deleting. */
  grantWrite(grantee: Grantee, ...prefixes: readonly string[]): void {
    this.#grant(grantee, ['s3:PutObject'], prefixes);
    this.#grantKey(grantee, 'kms:GenerateDataKey');
  }

  /** What Lambda asks of a function whose failed batches go to this bucket: writing anywhere in it, and listing it. */
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
    for (const arn of resources) acceptWildcard(grantee, arn, 'Objects of one prefix, which get their names later.');
  }
}

/** Where versions are kept, expiry only hides the latest: what is short-lived is not kept longer hidden than it was seen. */
const expiry = (prefix: string, days: number, oldVersionDays: number | null | undefined): LifecycleRule => ({
  id: `expire-${prefix || 'all'}`.replace('/', ''),
  prefix,
  expiration: Duration.days(days),
  ...(oldVersionDays !== undefined &&
    days < (oldVersionDays ?? Infinity) && { noncurrentVersionExpiration: Duration.days(days) }),
});

/** Whatever hid them: a new version, a deletion, or the expiry of the latest. */
const endOfOldVersions = (age: Duration): LifecycleRule => ({
  id: 'old-versions',
  noncurrentVersionExpiration: age,
  expiredObjectDeleteMarker: true,
});
