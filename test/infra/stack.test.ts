import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS, OUTPUT_NAMES } from '../../lib/config.ts';
import { synthesized } from './support/synthesized.ts';

describe.each(ENVIRONMENTS)('the stack of %s', (env) => {
  const { config, resource, resources, template } = synthesized(env);

  test('says in its outputs what the command line looks for', () => {
    expect(Object.keys(template.toJSON().Outputs).sort()).toEqual([...OUTPUT_NAMES].sort());
  });

  test('has no custom resource: the emulator hangs on them', () => {
    const types = Object.values(template.toJSON().Resources).map((each) => JSON.stringify(each));
    expect(types.filter((each) => /Custom::|AWS::CloudFormation::CustomResource/.test(each))).toEqual([]);
  });

  test('has an API with the two routes, throttled and logged', () => {
    const routes = [...resources('AWS::ApiGatewayV2::Route').values()].map(({ Properties }) => Properties);
    const authorization = Object.fromEntries(routes.map((route) => [route.RouteKey, route.AuthorizationType]));
    expect(authorization).toEqual({
      'POST /predict': config.api.authorization === 'iam' ? 'AWS_IAM' : 'NONE',
      'GET /health': 'NONE',
    });
    expect(resource('AWS::ApiGatewayV2::Stage')[1].Properties).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: {
        ThrottlingRateLimit: config.api.requestsPerSecond,
        ThrottlingBurstLimit: config.api.burst,
      },
      AccessLogSettings: { Format: expect.not.stringMatching(/sourceIp|identity/) },
    });
  });
});

test('prod cannot be deleted by mistake, dev can', () => {
  expect(synthesized('prod').terminationProtection).toBe(true);
  expect(synthesized('dev').terminationProtection).toBe(false);
});
