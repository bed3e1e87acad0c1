import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { LIVE_FUNCTIONS } from '#lib/config/functions.ts';
import { loadConfig } from '#lib/config/load.ts';
import { functionName } from '#lib/config/names.ts';
import { type Resource, synthesize, synthesized } from './support/synthesized.ts';

describe.each(ENVIRONMENTS)('in %s', (env) => {
  const { resource, resources } = synthesized(env);

  /** A function's alias and the version of this deploy, with their logical ids. */
  function rolledOut(name: (typeof LIVE_FUNCTIONS)[number]) {
    const [deployed] = resource(
      'AWS::Lambda::Function',
      ({ FunctionName }) => FunctionName === functionName(env, name),
    );
    const ofIt = ({ FunctionName }: Record<string, unknown>) =>
      JSON.stringify(FunctionName) === `{"Ref":"${deployed}"}`;
    return { alias: resource('AWS::Lambda::Alias', ofIt), version: resource('AWS::Lambda::Version', ofIt) };
  }

  test.each(LIVE_FUNCTIONS)('%s is live through its alias, and the previous version is kept', (name) => {
    const { alias, version } = rolledOut(name);
    expect(alias[1].Properties).toMatchObject({
      Name: 'live',
      FunctionVersion: { 'Fn::GetAtt': [version[0], 'Version'] },
    });
    // A failed deploy's version is deleted with it: as long as it exists, the same code could not be deployed again.
    expect(version[1]).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  });

  test('the stream and the API call the aliases, not the code of the last deploy', () => {
    const [, { Properties: mapping }] = resource('AWS::Lambda::EventSourceMapping');
    expect(mapping.FunctionName).toEqual({ Ref: rolledOut('stream-score').alias[0] });
    const [, { Properties: integration }] = resource('AWS::ApiGatewayV2::Integration');
    const predict = { Ref: rolledOut('predict').alias[0] };
    expect(integration.IntegrationUri).toEqual(predict);
    const permissions = [...resources('AWS::Lambda::Permission').values()];
    const routes = [...resources('AWS::ApiGatewayV2::Route').values()];
    expect(permissions.length).toBeGreaterThanOrEqual(routes.length);
    for (const { Properties } of permissions) expect(Properties.FunctionName).toEqual(predict);
  });
});

describe('with --context aliases=stay', () => {
  const { resources } = synthesize(loadConfig('dev'), { aliases: 'stay' });

  test('an alias keeps the first version in the template, for the deployer to move; no version is deleted', () => {
    const aliases = [...resources('AWS::Lambda::Alias').values()];
    const versions = [...resources('AWS::Lambda::Version')];
    expect(aliases.map(({ Properties }) => Properties.FunctionVersion)).toEqual(LIVE_FUNCTIONS.map(() => '1'));
    expect(aliases.flatMap(({ DependsOn }) => DependsOn).toSorted()).toEqual(versions.map(([id]) => id).toSorted());
    expect(versions.map(([, { DeletionPolicy }]) => DeletionPolicy)).toEqual(LIVE_FUNCTIONS.map(() => 'Retain'));
  });

  test('any other value is refused', () => {
    expect(() => synthesize(loadConfig('dev'), { aliases: 'off' })).toThrow(
      '--context aliases="off" is not known. Use stay if you move the aliases yourself, or leave it out.',
    );
  });
});

describe('a canary', () => {
  const prod = synthesized('prod');
  const { resource, resources, config } = prod;
  const groupOf = (name: (typeof LIVE_FUNCTIONS)[number]) =>
    resource('AWS::CodeDeploy::DeploymentGroup', (each) => each.DeploymentGroupName === functionName('prod', name));
  const [check] = resource(
    'AWS::Lambda::Function',
    (each) => each.FunctionName === functionName('prod', 'check-rollout'),
  );
  const [application] = resource('AWS::CodeDeploy::Application');

  test('moves the share of traffic and waits the minutes that are configured', () => {
    expect(config.serving.rollout).toEqual({ kind: 'canary', percent: 10, minutes: 5 });
    expect(resource('AWS::CodeDeploy::DeploymentConfig')[1].Properties).toEqual({
      ComputePlatform: 'Lambda',
      TrafficRoutingConfig: {
        Type: 'TimeBasedCanary',
        TimeBasedCanary: { CanaryInterval: 5, CanaryPercentage: 10 },
      },
    });
    const slower = { kind: 'canary', percent: 25, minutes: 30 } as const;
    const { resource: changed } = synthesize({ ...loadConfig('prod'), serving: { rollout: slower } });
    expect(changed('AWS::CodeDeploy::DeploymentConfig')[1].Properties.TrafficRoutingConfig).toEqual({
      Type: 'TimeBasedCanary',
      TimeBasedCanary: { CanaryInterval: 30, CanaryPercentage: 25 },
    });
  });

  test.each(LIVE_FUNCTIONS)('of %s has CodeDeploy move the alias, after the golden rides', (name) => {
    const [group, { Properties }] = groupOf(name);
    const { alias } = aliasIn(prod, name);
    expect(alias.UpdatePolicy).toEqual({
      CodeDeployLambdaAliasUpdate: {
        ApplicationName: { Ref: application },
        DeploymentGroupName: { Ref: group },
        BeforeAllowTrafficHook: { Ref: check },
      },
    });
    const [deploymentConfig] = resource('AWS::CodeDeploy::DeploymentConfig');
    expect(Properties).toMatchObject({
      DeploymentConfigName: { Ref: deploymentConfig },
      DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
    });
  });

  test.each([
    ['stream-score', ['stream-score-new-version-errors']],
    ['predict', ['predict-new-version-errors', 'api-errors']],
  ] as const)('of %s is stopped by the alarms %j', (name, alarms) => {
    const ids = alarms.map(
      (alarm) => resource('AWS::CloudWatch::Alarm', (each) => each.AlarmName === `tripcast-prod-${alarm}`)[0],
    );
    expect(groupOf(name)[1].Properties.AlarmConfiguration).toEqual({
      Enabled: true,
      Alarms: ids.map((Ref) => ({ Name: { Ref } })),
    });
  });

  test.each(LIVE_FUNCTIONS)('of %s counts failures of the new version only, every minute', (name) => {
    const { version, deployed } = aliasIn(prod, name);
    const [, { Properties }] = resource(
      'AWS::CloudWatch::Alarm',
      (each) => each.AlarmName === `tripcast-prod-${name}-new-version-errors`,
    );
    expect(Properties).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Period: 60,
      Threshold: 1,
      Dimensions: [
        { Name: 'ExecutedVersion', Value: { 'Fn::GetAtt': [version, 'Version'] } },
        { Name: 'FunctionName', Value: { Ref: deployed } },
        { Name: 'Resource', Value: { 'Fn::Join': ['', [{ Ref: deployed }, ':live']] } },
      ],
    });
  });

  test('notifies the topic when it fails, is stopped or rolled back', () => {
    const [topic] = resource('AWS::SNS::Topic');
    for (const { Properties } of resources('AWS::CodeDeploy::DeploymentGroup').values()) {
      expect(Properties.TriggerConfigurations).toEqual([
        {
          TriggerName: 'notices',
          TriggerTargetArn: { Ref: topic },
          TriggerEvents: ['DeploymentFailure', 'DeploymentStop', 'DeploymentRollback'],
        },
      ]);
    }
  });
});

test.each(ENVIRONMENTS)(
  'the check of %s is told the versions of this deploy, and may call no other function',
  (env) => {
    const stack = synthesized(env);
    const live = LIVE_FUNCTIONS.map((name) => aliasIn(stack, name));
    const [, { Properties }] = stack.resource(
      'AWS::Lambda::Function',
      (each) => each.FunctionName === functionName(env, 'check-rollout'),
    );
    const { Variables } = z
      .object({
        Variables: z.object({
          LIVE_VERSIONS: z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) }),
        }),
      })
      .parse(Properties.Environment);
    const numbers = new Map<string, string>(
      live.flatMap(({ deployed, version }, i) => [
        [deployed, `function-${i}`],
        [version, String(i + 7)],
      ]),
    );
    const idSchema = z.union([
      z.object({ Ref: z.string() }).transform(({ Ref }) => Ref),
      z
        .object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Version')]) })
        .transform((each) => each['Fn::GetAtt'][0]),
    ]);
    const filled = Variables.LIVE_VERSIONS['Fn::Join'][1].map((part) =>
      typeof part === 'string' ? part : numbers.get(idSchema.parse(part)),
    );
    expect(JSON.parse(filled.join(''))).toEqual({ 'function-0': '7', 'function-1': '8' });
    const invoked = stack
      .statementsOf(functionName(env, 'check-rollout'))
      .filter(({ Action }) => Action.includes('lambda:InvokeFunction'))
      .flatMap(({ Resource: each }) => each);
    const any = live.map(({ deployed }) => ({ 'Fn::Join': ['', [{ 'Fn::GetAtt': [deployed, 'Arn'] }, ':*']] }));
    const texts = (values: readonly unknown[]) => new Set(values.map((each) => JSON.stringify(each)));
    expect(texts(invoked)).toEqual(texts(any));
  },
);

test('on the emulator, which has no CodeDeploy, a new version is live at once', () => {
  const dev = synthesized('dev');
  expect(dev.config.serving.rollout).toEqual({ kind: 'all-at-once' });
  expect(JSON.stringify(dev.template.toJSON())).not.toMatch(/CodeDeploy|codedeploy/);
  for (const name of LIVE_FUNCTIONS) expect(aliasIn(dev, name).alias.UpdatePolicy).toBeUndefined();
});

/** The logical ids of a live function and of this deploy's version of it, and its alias. */
function aliasIn(
  { resource }: ReturnType<typeof synthesized>,
  name: string,
): { deployed: string; version: string; alias: Resource } {
  const [deployed] = resource('AWS::Lambda::Function', ({ FunctionName }) => String(FunctionName).endsWith(`-${name}`));
  const ofIt = ({ FunctionName }: Record<string, unknown>) => JSON.stringify(FunctionName) === `{"Ref":"${deployed}"}`;
  return {
    deployed,
    version: resource('AWS::Lambda::Version', ofIt)[0],
    alias: resource('AWS::Lambda::Alias', ofIt)[1],
  };
}
