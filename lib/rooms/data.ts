import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Aws } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { bucketNames, type Config } from '../config.ts';
import { PrivateBucket } from '../constructs/private-bucket.ts';

export interface DataRoomProps {
  readonly config: Config;
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
  readonly #runs: string;

  constructor(scope: Construct, id: string, { config }: DataRoomProps) {
    super(scope, id);
    const { raw, predictions, quarantine, undelivered, staging } = config.lifecycleDays;
    const names = bucketNames(config, config.account ?? Aws.ACCOUNT_ID);
    this.models = new PrivateBucket(this, 'Models', {
      config,
      bucketName: names.models,
      versioned: true,
      expireAfterDays: { [STAGED_RUNS]: staging },
    });
    this.data = new PrivateBucket(this, 'Data', {
      config,
      bucketName: names.data,
      expireAfterDays: {
        'raw/': raw,
        'predictions/': predictions,
        'quarantine/': quarantine,
        [QUERY_RESULTS]: config.query.resultDays,
      },
    });
    this.undelivered = new PrivateBucket(this, 'Undelivered', {
      config,
      bucketName: names.undelivered,
      expireAfterDays: { '': undelivered },
    });
    this.#runs = `${config.model.experiment}/`;
  }

  /** Reading the runs of the experiment, and the aliases that name one of them. */
  grantReadModels(grantee: IGrantable): void {
    this.models.grantRead(grantee, this.#runs, ALIASES);
  }

  /** Reading what the trainer left for the gate. */
  grantReadStagedRuns(grantee: IGrantable): void {
    this.models.grantRead(grantee, STAGED_RUNS);
  }

  grantStageRuns(grantee: IGrantable): void {
    this.models.grantWrite(grantee, STAGED_RUNS);
  }

  grantRegisterRuns(grantee: IGrantable): void {
    this.models.grantWrite(grantee, this.#runs);
  }

  grantMoveAliases(grantee: IGrantable): void {
    this.models.grantWrite(grantee, ALIASES);
  }
}
