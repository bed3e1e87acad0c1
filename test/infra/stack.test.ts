import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { loadConfig } from '#lib/config/load.ts';
import { OUTPUT_NAMES } from '#lib/config/names.ts';
import { synthesize, synthesizeDelivery, synthesized } from './support/synthesized.ts';

describe.each(ENVIRONMENTS)('the stack of %s', (env) => {
  const { config, resource, resources, template } = synthesized(env);

  test('has the outputs that the command line looks for', () => {
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

describe('termination protection', () => {
  test('keeps prod from being deleted by mistake; dev has none', () => {
    expect(synthesized('prod').terminationProtection).toBe(true);
    expect(synthesized('dev').terminationProtection).toBe(false);
  });

  // The CLI turns it on before it executes the change set, and could then not delete a stack that failed to come up.
  test('of either stack is left out of the first deploy on request', () => {
    const first = { protection: 'off' };
    expect(synthesize(loadConfig('prod'), first).terminationProtection).toBe(false);
    expect(synthesizeDelivery({ context: first }).terminationProtection).toBe(false);
  });

  test('is not left out for an unknown value', () => {
    expect(() => synthesizeDelivery({ context: { protection: 'false' } })).toThrow(
      '--context protection="false" is not known. Use off for the first deploy, and leave it out after that.',
    );
  });
});
