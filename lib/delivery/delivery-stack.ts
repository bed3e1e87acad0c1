import { OidcProviderNative, PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import { ArnFormat, CfnOutput, DefaultStackSynthesizer, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { shown, TripcastError } from '#errors.ts';
import { LIVE_FUNCTIONS } from '../config/functions.ts';
import { bucketNames, functionName, globalName, resourceName, stackName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { acceptFinding, acceptWildcard } from '../constructs/accept-finding.ts';
import { dataKeyAlias } from '../constructs/data-key.ts';
import { deploymentGroupArn } from '../constructs/deployment-group-arn.ts';
import { isProtected } from '../constructs/termination-protection.ts';
import type { Repository } from './repository.ts';

export interface DeliveryStackProps {
  readonly config: Config;
  /** Its workflows deploy, in the GitHub environment named like this one. */
  readonly repository: Repository;
  /** Whether the account has GitHub's identity provider already; there can be only one. */
  readonly provider: 'new' | 'existing';
}

const ISSUER = 'token.actions.githubusercontent.com';
const AUDIENCE = 'sts.amazonaws.com';

/** The roles that `cdk deploy` assumes; `cdk bootstrap` made them, with the rights that deploying needs. */
const BOOTSTRAP_ROLES = ['deploy', 'file-publishing', 'image-publishing', 'lookup'];

/** The roles of GitHub's workflows in this account: GitHub stores no key, each job presents a token of its own. */
export class DeliveryStack extends Stack {
  /** @throws TripcastError for an environment that is an emulator */
  constructor(scope: Construct, { config, repository, provider }: DeliveryStackProps) {
    const { env, endpointUrl, region, account } = config;
    if (endpointUrl !== null) {
      throw new TripcastError(
        `env/${env}.json has the endpointUrl ${shown(endpointUrl)}, but GitHub's roles exist only on AWS`,
        'Use an environment whose endpointUrl is null: --context env=prod.',
      );
    }
    super(scope, resourceName(env, 'delivery'), {
      description: `tripcast (${env}): the roles that workflows of ${repository} deploy with`,
      env: { region, ...(account === null ? {} : { account }) },
      terminationProtection: isProtected(scope, config),
      tags: { ...config.tags, project: 'tripcast', environment: env },
    });
    const principal = this.#workflowsOf(repository, env, provider);
    this.#deployer(config, principal);
    this.#rollout(config, principal);
  }

  /**
   * Jobs of one repository in one of its environments, whose protection rules (reviewers, branches) thus guard AWS too
   * (https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments).
   */
  #workflowsOf(repository: Repository, env: string, provider: DeliveryStackProps['provider']): WebIdentityPrincipal {
    return new WebIdentityPrincipal(this.#provider(provider), {
      StringEquals: { [`${ISSUER}:aud`]: AUDIENCE, [`${ISSUER}:sub`]: `repo:${repository}:environment:${env}` },
    });
  }

  #provider(provider: DeliveryStackProps['provider']): string {
    if (provider === 'existing') {
      return this.formatArn({ service: 'iam', region: '', resource: 'oidc-provider', resourceName: ISSUER });
    }
    const made = new OidcProviderNative(this, 'GitHub', { url: `https://${ISSUER}`, clientIds: [AUDIENCE] });
    // Other stacks of the account may use it by now.
    made.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return made.oidcProviderArn;
  }

  /** May assume the bootstrap roles of this account and region, and check whether the stack exists. */
  #deployer(config: Config, assumedBy: WebIdentityPrincipal): void {
    const role = this.#role(
      'Deploy',
      globalName(config, 'github-deploy'),
      'Deploys through the bootstrap roles',
      assumedBy,
    );
    const bootstrapRoles = BOOTSTRAP_ROLES.map((name) =>
      this.formatArn({
        service: 'iam',
        region: '',
        resource: 'role',
        resourceName: `cdk-${DefaultStackSynthesizer.DEFAULT_QUALIFIER}-${name}-role-${this.account}-${this.region}`,
      }),
    );
    role.addToPolicy(new PolicyStatement({ actions: ['sts:AssumeRole'], resources: bootstrapRoles }));
    this.#grantDescribeStack(role, config.env);
    const live = this.#liveFunctions(config.env);
    // What `tripcast doctor` reads. The quotas are per account: AWS offers no narrower resource for them.
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:GetAccountSettings'], resources: ['*'] }));
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:GetFunctionConcurrency'], resources: [...live] }));
    acceptFinding(role, 'IAM5[Resource::*]', 'Quotas belong to the account; IAM has no resource for them.');
  }

  #grantDescribeStack(role: Role, env: Config['env']): void {
    const stack = this.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${stackName(env)}/*` });
    role.addToPolicy(new PolicyStatement({ actions: ['cloudformation:DescribeStacks'], resources: [stack] }));
    acceptWildcard(role, stack, 'One stack, whose ARN ends in an id assigned when it is created.');
  }

  /** May have the live functions answer the golden rides and move their aliases: the bootstrap roles can do neither. */
  #rollout(config: Config, assumedBy: WebIdentityPrincipal): void {
    const { env } = config;
    const role = this.#role(
      'Rollout',
      globalName(config, 'github-rollout'),
      'Checks a deploy and rolls it back',
      assumedBy,
    );
    const functions = this.#liveFunctions(env);
    role.addToPolicy(
      new PolicyStatement({
        actions: [
          'lambda:GetAlias',
          'lambda:InvokeFunction',
          'lambda:ListAliases',
          'lambda:ListVersionsByFunction',
          'lambda:UpdateAlias',
        ],
        resources: functions.flatMap((arn) => [arn, `${arn}:*`]),
      }),
    );
    this.#letStopShifts(config, role);
    this.#grantDescribeStack(role, env);
    // Old versions, and never the function, whose ARN has no version.
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:DeleteFunction'], resources: functions.map((arn) => `${arn}:*`) }),
    );
    // To see whether there is a champion: without one there are no golden rides.
    const models = `arn:${this.partition}:s3:::${bucketNames(config, this.account).models}`;
    role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [`${models}/aliases/*`] }));
    role.addToPolicy(
      new PolicyStatement({
        actions: ['s3:ListBucket'], // without it, a missing key gives a 403
        resources: [models],
        conditions: { StringLikeIfExists: { 's3:prefix': 'aliases/*' } }, // see PrivateBucket.grantRead
      }),
    );
    this.#grantDataKey(role, config);
    for (const arn of functions) {
      acceptWildcard(role, `${arn}:*`, 'The alias and versions of one function; versions get their numbers later.');
    }
    acceptWildcard(role, `${models}/aliases/*`, 'Objects under one prefix; they get their names later.');
  }

  #liveFunctions(env: string): readonly string[] {
    return LIVE_FUNCTIONS.map((name) =>
      this.formatArn({
        service: 'lambda',
        resource: 'function',
        resourceName: functionName(env, name),
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
  }

  /** While CodeDeploy is shifting an alias's traffic, stopping the deployment is the way back. */
  #letStopShifts({ env, serving }: Config, role: Role): void {
    if (serving.rollout.kind !== 'canary') return;
    const groups = LIVE_FUNCTIONS.map((name) => deploymentGroupArn(this, env, name));
    role.addToPolicy(
      new PolicyStatement({ actions: ['codedeploy:ListDeployments', 'codedeploy:StopDeployment'], resources: groups }),
    );
  }

  /** The other stack's key, if it has one of its own; only its alias is known here. */
  #grantDataKey(role: Role, config: Config): void {
    if (!config.dataProtection.customerManagedKey) return;
    const keys = this.formatArn({ service: 'kms', resource: 'key', resourceName: '*' });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [keys],
        conditions: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': `alias/${dataKeyAlias(config)}` } },
      }),
    );
    acceptWildcard(role, keys, 'One key, by its alias: its id is assigned when the other stack is created.');
  }

  #role(id: string, roleName: string, description: string, assumedBy: WebIdentityPrincipal): Role {
    const role = new Role(this, id, { roleName, description, assumedBy, maxSessionDuration: Duration.hours(1) });
    new CfnOutput(this, `${id}RoleArn`, { value: role.roleArn });
    return role;
  }
}
