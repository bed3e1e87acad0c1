import type { Key } from 'aws-cdk-lib/aws-kms';
import { Aws } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { bucketNames, type Config } from '../config.ts';
import { type Grantee, PrivateBucket } from '../constructs/private-bucket.ts';

export interface DataRoomProps {
  readonly config: Config;
  /** Of the environment, if it has one. */
  readonly key: Key | undefined;
}

const ALIASES = 'aliases/';
const STAGED_RUNS = 'staging/';
/** Of Athena. */
export const QUERY_RESULTS = 'query-results/';

/** Where models, months and results lie, and what the stream could not deliver. */
export class DataRoom extends Construct {
  readonly models: PrivateBucket;
  readonly data: PrivateBucket;
  readonly undelivered: PrivateBucket;
  readonly key: Key | undefined;
  readonly #runs: string;

  constructor(scope: Construct, id: string, { config, key }: DataRoomProps) {
    super(scope, id);
    this.key = key;
    const { oldVersionDays } = config.dataProtection;
    const { raw, predictions, stream, streamErrors, quarantine, undelivered, staging } = config.lifecycleDays;
    const names = bucketNames(config, config.account ?? Aws.ACCOUNT_ID);
    const accessLogs = this.#accessLogs(config, names.accessLogs);
    this.models = new PrivateBucket(this, 'Models', {
      config,
      ...accessLogs('models/'),
      bucketName: names.models,
      encryptionKey: key,
      oldVersionDays,
      expireAfterDays: { [STAGED_RUNS]: staging },
    });
    this.data = new PrivateBucket(this, 'Data', {
      config,
      ...accessLogs('data/'),
      bucketName: names.data,
      encryptionKey: key,
      oldVersionDays,
      expireAfterDays: {
        'raw/': raw,
        'predictions/': predictions,
        'stream/': stream,
        'stream-errors/': streamErrors,
        'quarantine/': quarantine,
        [QUERY_RESULTS]: config.query.resultDays,
      },
    });
    this.undelivered = new PrivateBucket(this, 'Undelivered', {
      config,
      ...accessLogs('undelivered/'),
      bucketName: names.undelivered,
      encryptionKey: key,
      expireAfterDays: { '': undelivered },
    });
    this.#runs = `${config.model.experiment}/`;
  }

  /** What tells a bucket to have its requests logged, if they are to be. */
  #accessLogs(config: Config, bucketName: string) {
    const { bucketAccess, retentionDays } = config.logs;
    if (!bucketAccess) return () => ({});
    const store = new PrivateBucket(this, 'AccessLogs', { config, bucketName, expireAfterDays: { '': retentionDays } });
    return (prefix: string) => ({ accessLogs: { store, prefix } });
  }

  /** Reading the runs of the experiment, and the aliases that name one of them. */
  grantReadModels(grantee: Grantee): void {
    this.models.grantRead(grantee, this.#runs, ALIASES);
  }

  /** Reading which run is the champion. */
  grantReadAliases(grantee: Grantee): void {
    this.models.grantRead(grantee, ALIASES);
  }

  /** Reading what the trainer left for the gate. */
  grantReadStagedRuns(grantee: Grantee): void {
    this.models.grantRead(grantee, STAGED_RUNS);
  }

  grantStageRuns(grantee: Grantee): void {
    this.models.grantWrite(grantee, STAGED_RUNS);
  }

  grantRegisterRuns(grantee: Grantee): void {
    this.models.grantWrite(grantee, this.#runs);
  }

  grantMoveAliases(grantee: Grantee): void {
    this.models.grantWrite(grantee, ALIASES);
  }
}
