import { type IGrantable, type IPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  CfnAlias,
  type FunctionOptions,
  type IFunction,
  type IVersion,
  type Function as LambdaFunction,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type FunctionName, LIVE_ALIAS, LIVE_FUNCTIONS } from '../config/functions.ts';
import { functionName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { acceptFinding } from './accept-finding.ts';
import { aliasesStay } from './aliases-stay.ts';
import type { FunctionCode } from './function-code.ts';
import { PrivateLogGroup } from './private-log-group.ts';

export interface TripcastFunctionProps {
  readonly config: Config;
  readonly code: FunctionCode;
  /** The folder in lambdas/. */
  readonly name: FunctionName;
  /** Its own variables; those for logs and metrics are added to them. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A function of lambdas/ with its own log group and a role that, until granted more, can only write that log. */
export class TripcastFunction extends Construct implements IGrantable {
  /** The folder in lambdas/. */
  readonly name: FunctionName;
  readonly function: LambdaFunction;
  readonly grantPrincipal: IPrincipal;
  #live: Alias | undefined;

  constructor(scope: Construct, id: string, { config, code, name, environment }: TripcastFunctionProps) {
    super(scope, id);
    this.name = name;
    const { memoryMb, timeoutSeconds, storageMb } = config.functions[name];
    const deployedName = functionName(config.env, name);
    const { logGroup } = new PrivateLogGroup(this, 'Logs', { config, name: `/aws/lambda/${deployedName}` });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    acceptFinding(role, 'IAM5[Resource::*]', 'X-Ray offers no narrower resource for traces.');
    this.grantPrincipal = role;
    this.function = code.createFunction(this, 'Function', name, {
      functionName: deployedName,
      role,
      logGroup,
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      ephemeralStorageSize: Size.mebibytes(storageMb),
      ...reservation(config, name),
      tracing: Tracing.ACTIVE,
      // Earlier versions stay: an alias can only go back to one that exists. But a failed deploy's version is rolled
      // back with it: plain RETAIN would keep it, and the next deploy of the same code would be refused: "A version for
      // this Lambda function exists".
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
      environment: {
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_METRICS_NAMESPACE: 'tripcast',
        POWERTOOLS_LOG_LEVEL: config.logs.level,
        TRIPCAST_ENV: config.env,
        ...environment,
      },
    });
  }

  /**
   * The alias `live`: its callers get the version of the last deploy, until `tripcast rollout` moves it back. A deploy
   * that changes the code or the configuration makes a new version.
   */
  goLive(): IFunction {
    // The CDK's classes don't match their own interfaces (the optional `role`) under exactOptionalPropertyTypes.
    const version = this.function.currentVersion as IVersion;
    this.#live = new Alias(this, 'Live', { aliasName: LIVE_ALIAS, version });
    if (aliasesStay(this)) this.#stay(this.#live, version);
    return this.#live as IFunction;
  }

  /** The template's alias never changes, and no version that it may point to is deleted. */
  #stay(live: Alias, version: IVersion): void {
    version.applyRemovalPolicy(RemovalPolicy.RETAIN);
    const resource = live.node.defaultChild;
    if (!(resource instanceof CfnAlias)) return;
    resource.functionVersion = FIRST_VERSION;
    live.node.addDependency(version);
  }

  /** The alias once the function is live; undefined before, and for a function that never goes live. */
  get live(): Alias | undefined {
    return this.#live;
  }
}

const FIRST_VERSION = '1';

function reservation({ reservedConcurrency }: Config, name: FunctionName): FunctionOptions {
  const live = LIVE_FUNCTIONS.find((each) => each === name);
  const reserved = live === undefined ? null : reservedConcurrency[live];
  return reserved === null ? {} : { reservedConcurrentExecutions: reserved };
}
