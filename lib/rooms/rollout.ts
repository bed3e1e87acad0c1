import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnApplication, CfnDeploymentConfig, CfnDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type Alias, CfnAlias, type IVersion } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { TripcastError } from '#errors.ts';
import { LIVE_ALIAS, LIVE_FUNCTIONS, type LiveFunctionName } from '../config/functions.ts';
import { codeDeployNames } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { acceptFinding, acceptWildcard } from '../constructs/accept-finding.ts';
import { deploymentGroupArn } from '../constructs/deployment-group-arn.ts';
import type { FunctionCode } from '../constructs/function-code.ts';
import { TripcastFunction } from '../constructs/tripcast-function.ts';
import type { DataRoom } from './data.ts';
import { modelVariables } from './function-variables.ts';

export interface RolloutRoomProps {
  readonly config: Config;
  readonly code: FunctionCode;
  readonly store: DataRoom;
  readonly live: Readonly<Record<LiveFunctionName, TripcastFunction>>;
  /** Notified when a deployment failed or was rolled back. */
  readonly notices: ITopic;
}

type Canary = Extract<Config['serving']['rollout'], { kind: 'canary' }>;

/**
 * How a new version gets its traffic. The check that it answers the golden rides is deployed everywhere; with a canary,
 * CodeDeploy shifts the traffic: after the check a share of it, and the rest later, unless an alarm goes off.
 */
export class RolloutRoom extends Construct {
  readonly #groups = new Map<LiveFunctionName, CfnDeploymentGroup>();

  constructor(scope: Construct, id: string, props: RolloutRoomProps) {
    super(scope, id);
    const check = this.#check(props);
    const { rollout } = props.config.serving;
    if (rollout.kind === 'canary') this.#shiftTraffic(rollout, check, props);
  }

  /** Most of the alarms that stop a rollout watch the new versions, so they are created after everything else. */
  stopOn(alarmsOf: (name: LiveFunctionName) => readonly IAlarm[]): void {
    for (const [name, group] of this.#groups) {
      const alarms = alarmsOf(name).map(({ alarmName }) => ({ name: alarmName }));
      group.alarmConfiguration = { enabled: true, alarms };
    }
  }

  #check({ config, code, store, live }: RolloutRoomProps): TripcastFunction {
    const versions = LIVE_FUNCTIONS.map((name) => [live[name].function.functionName, versionOf(live[name]).version]);
    const check = new TripcastFunction(this, 'Check', {
      config,
      code,
      name: 'check-rollout',
      environment: {
        ...modelVariables(config, store),
        LIVE_VERSIONS: Stack.of(this).toJsonString(Object.fromEntries(versions)),
      },
    });
    store.grantReadAliases(check);
    for (const name of LIVE_FUNCTIONS) {
      // Every version, so that the policy stays as it is: IAM takes a while to apply changes, the check runs at once.
      const anyVersion = `${live[name].function.functionArn}:*`;
      check.grantPrincipal.addToPrincipalPolicy(
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [anyVersion] }),
      );
      acceptWildcard(check, anyVersion, 'The versions of one function; they get their numbers later.');
    }
    return check;
  }

  #shiftTraffic(rollout: Canary, check: TripcastFunction, { config, live, notices }: RolloutRoomProps): void {
    const application = new CfnApplication(this, 'Application', {
      applicationName: codeDeployNames(config.env).application,
      computePlatform: 'Lambda',
    });
    const canary = new CfnDeploymentConfig(this, 'Canary', {
      computePlatform: 'Lambda',
      trafficRoutingConfig: {
        type: 'TimeBasedCanary',
        timeBasedCanary: { canaryPercentage: rollout.percent, canaryInterval: rollout.minutes },
      },
    });
    const role = this.#role(check, live, notices);
    for (const name of LIVE_FUNCTIONS) {
      const group = new CfnDeploymentGroup(this, `Group-${name}`, {
        applicationName: application.ref,
        deploymentGroupName: codeDeployNames(config.env).groupOf(name),
        deploymentConfigName: canary.ref,
        serviceRoleArn: role.roleArn,
        deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
        autoRollbackConfiguration: {
          enabled: true,
          events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
        },
        triggerConfigurations: [
          {
            triggerName: 'notices',
            triggerTargetArn: notices.topicArn,
            triggerEvents: ['DeploymentFailure', 'DeploymentStop', 'DeploymentRollback'],
          },
        ],
      });
      group.node.addDependency(role);
      this.#groups.set(name, group);
      check.grantPrincipal.addToPrincipalPolicy(
        new PolicyStatement({
          actions: ['codedeploy:PutLifecycleEventHookExecutionStatus'],
          // Spelled out: a reference would be a cycle, the check waiting for the group and the group for the check.
          resources: [deploymentGroupArn(this, config.env, name)],
        }),
      );
      cfnAliasOf(live[name]).cfnOptions.updatePolicy = {
        codeDeployLambdaAliasUpdate: {
          applicationName: application.ref,
          deploymentGroupName: group.ref,
          beforeAllowTrafficHook: check.function.functionName,
        },
      };
    }
  }

  /** What AWSCodeDeployRoleForLambdaLimited allows, restricted to this stack's functions. */
  #role(check: TripcastFunction, live: RolloutRoomProps['live'], notices: ITopic): Role {
    // CodeDeploy names the account it acts for (CodeDeploy User Guide, "Cross-service confused deputy prevention").
    const ofThisAccount = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const assumedBy = new ServicePrincipal('codedeploy.amazonaws.com', { conditions: ofThisAccount });
    const role = new Role(this, 'Role', { assumedBy });
    const functions = LIVE_FUNCTIONS.map((name) => live[name].function.functionArn);
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
        resources: functions.flatMap((arn) => [arn, `${arn}:${LIVE_ALIAS}`]),
      }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [check.function.functionArn] }),
    );
    role.addToPolicy(new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }));
    notices.grantPublish(role);
    acceptFinding(role, 'IAM5[Resource::*]', 'It only reads alarm states, as AWSCodeDeployRoleForLambdaLimited does.');
    acceptFinding(
      role,
      'IAM5[Action::kms:GenerateDataKey*]',
      "One key, the topic's: what SNS documents for publishers.",
    );
    return role;
  }
}

function aliasOf({ name, live }: TripcastFunction): Alias {
  if (live !== undefined) return live;
  throw new TripcastError(`The function ${name} is not live`, 'Call its goLive() first.');
}

// The CDK's classes don't match their own interfaces (the optional `role`) under exactOptionalPropertyTypes.
const versionOf = (deployed: TripcastFunction) => aliasOf(deployed).version as IVersion;

function cfnAliasOf(deployed: TripcastFunction): CfnAlias {
  const resource = aliasOf(deployed).node.defaultChild;
  if (resource instanceof CfnAlias) return resource;
  throw new TripcastError(
    `The alias of ${deployed.name} has no resource`,
    'Check which resource the CDK creates for an Alias.',
  );
}
