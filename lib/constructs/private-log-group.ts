import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';

export interface PrivateLogGroupProps {
  readonly config: Config;
  readonly name: string;
}

/** A log group with a fixed name that keeps logs for the configured days and is deleted with its stack. */
export class PrivateLogGroup extends Construct {
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { config, name }: PrivateLogGroupProps) {
    super(scope, id);
    // RetentionDays is the number of days; the configuration allows only the numbers it defines.
    const retention: RetentionDays = config.logs.retentionDays;
    this.logGroup = new LogGroup(this, 'LogGroup', {
      logGroupName: name,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
