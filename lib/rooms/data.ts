import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Aws } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { bucketNames, type Config } from '../config.ts';
import { PrivateBucket } from '../constructs/private-bucket.ts';

export interface DataRoomProps {
  readonly config: Config;
}

/** Where models, months and results lie, and what the stream could not deliver. */
export class DataRoom extends Construct {
  readonly models: PrivateBucket;
  readonly data: PrivateBucket;
  readonly undelivered: PrivateBucket;
  readonly #modelPrefixes: readonly string[];

  constructor(scope: Construct, id: string, { config }: DataRoomProps) {
    super(scope, id);
    const { raw, predictions, quarantine, undelivered } = config.lifecycleDays;
    const names = bucketNames(config, config.account ?? Aws.ACCOUNT_ID);
    this.models = new PrivateBucket(this, 'Models', { config, bucketName: names.models, versioned: true });
    this.data = new PrivateBucket(this, 'Data', {
      config,
      bucketName: names.data,
      expireAfterDays: { 'raw/': raw, 'predictions/': predictions, 'quarantine/': quarantine },
    });
    this.undelivered = new PrivateBucket(this, 'Undelivered', {
      config,
      bucketName: names.undelivered,
      expireAfterDays: { '': undelivered },
    });
    this.#modelPrefixes = [`${config.model.experiment}/`, 'aliases/'];
  }
  /** Reading the runs of the experiment, and the aliases that name one of them. */
  grantReadModels(grantee: IGrantable): void {
    this.models.grantRead(grantee, ...this.#modelPrefixes);
  }
}
