import { type IGrantable, type IPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type Function as LambdaFunction, Tracing } from 'aws-cdk-lib/aws-lambda';
import { Duration, Size } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Config, type FunctionName, functionName } from '../config.ts';
import type { FunctionCode } from './function-code.ts';
import { PrivateLogGroup } from './private-log-group.ts';

export interface TripcastFunctionProps {
  readonly config: Config;
  readonly code: FunctionCode;
  /** The folder in lambdas/. */
  readonly name: FunctionName;
  /** Its own variables; those for logs and metrics are added. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A function of lambdas/ with its own log group and its own role, which can write that log and nothing else until granted more. */
export class TripcastFunction extends Construct implements IGrantable {
  readonly function: LambdaFunction;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, { config, code, name, environment }: TripcastFunctionProps) {
    super(scope, id);
    const { memoryMb, timeoutSeconds, storageMb } = config.functions[name];
    const deployedName = functionName(config.env, name);
    const { logGroup } = new PrivateLogGroup(this, 'Logs', { config, name: `/aws/lambda/${deployedName}` });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    this.grantPrincipal = role;
    this.function = code.createFunction(this, 'Function', name, {
      functionName: deployedName,
      role,
      logGroup,
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      ephemeralStorageSize: Size.mebibytes(storageMb),
      tracing: Tracing.ACTIVE,
      environment: {
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_METRICS_NAMESPACE: 'tripcast',
        POWERTOOLS_LOG_LEVEL: config.logs.level,
        TRIPCAST_ENV: config.env,
        ...environment,
      },
    });
  }
}
