import type { Key } from 'aws-cdk-lib/aws-kms';
import { Aws } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { bucketNames } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { type Grantee, PrivateBucket } from '../constructs/private-bucket.ts';

export interface DataRoomProps {
  readonly config: Config;
  /** The environment's key, if it has one. */
  readonly key: Key | undefined;
}

const ALIASES = 'aliases/';
const STAGED_RUNS = 'staging/';
/** Athena's own. */
export const QUERY_RESULTS = 'query-results/';

/** Where models, months and results are stored, and what the stream could not deliver. */
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
        'profiles/': stream,
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

  /** Gives a bucket the settings that log its requests, if requests are to be logged. */
  #accessLogs(config: Config, bucketName: string) {
    const { bucketAccess, retentionDays } = config.logs;
    if (!bucketAccess) return () => ({});
    const store = new PrivateBucket(this, 'AccessLogs', { config, bucketName, expireAfterDays: { '': retentionDays } });
    return (prefix: string) => ({ accessLogs: { store, prefix } });
  }

  /** Grants reading the experiment's runs, and the aliases that point to them. */
  grantReadModels(grantee: Grantee): void {
    this.models.grantRead(grantee, this.#runs, ALIASES);
  }

  /** Grants reading which run is the champion. */
  grantReadAliases(grantee: Grantee): void {
    this.models.grantRead(grantee, ALIASES);
  }

  /** Grants reading what the trainer left for the gate. */
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
