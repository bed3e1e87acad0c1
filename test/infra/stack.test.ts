import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS } from '#lib/config/environment-files.ts';
import { loadConfig, parseConfig } from '#lib/config/load.ts';
import { OUTPUT_NAMES } from '#lib/config/names.ts';
import { ROUTES } from '#serving/routes.ts';
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

  test('has an API with the routes of the app, throttled and logged; pages only where everyone may call', () => {
    const routes = [...resources('AWS::ApiGatewayV2::Route').values()].map(({ Properties }) => Properties);
    const isOpen = config.api.authorization === 'none';
    const described = ROUTES.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    const forPages = ['', 'assets/{file}', 'docs', 'docs/{file}', 'pipelines', 'stream/latest'];
    const pages = isOpen ? forPages.map((path) => `GET /${path}`) : [];
    const forConsole = ['models/{run}/model.onnx', 'months/{month}/report.html'].map((path) => `GET /${path}`);
    expect(routes.map((route) => route.RouteKey).sort()).toEqual(
      [...described, 'GET /openapi.json', ...forConsole, ...pages].sort(),
    );
    const closed = routes.filter(({ RouteKey }) => RouteKey !== 'GET /health');
    expect(new Set(closed.map((route) => route.AuthorizationType))).toEqual(new Set([isOpen ? 'NONE' : 'AWS_IAM']));
    expect(routes.find(({ RouteKey }) => RouteKey === 'GET /health')?.AuthorizationType).toBe('NONE');
    expect(resource('AWS::ApiGatewayV2::Api')[1].Properties.CorsConfiguration).toBeUndefined();
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

describe('the API', () => {
  const prodWith = (api: object) => {
    const prod = JSON.parse(readFileSync(new URL('../../env/prod.json', import.meta.url), 'utf8'));
    return parseConfig('prod', 'env/prod.json', { ...prod, api: { ...prod.api, ...api } });
  };

  test('of an environment on AWS is not open to everyone, unless its configuration says why', () => {
    expect(() => prodWith({ authorization: 'none' })).toThrow(
      'api.authorization: "none" is not allowed: iam or jwt on AWS; if the API is to be open to everyone, say why in api.openBecause',
    );
    const { resources } = synthesize(prodWith({ authorization: 'none', openBecause: 'A public demo, throttled.' }));
    const routes = [...resources('AWS::ApiGatewayV2::Route').values()].map(({ Properties }) => Properties);
    expect(routes.map(({ RouteKey }) => RouteKey)).toContain('GET /docs');
  });

  test('takes tokens of the configured issuer, and only those for its audience', () => {
    const jwt = { issuer: 'https://issuer.example.com', audience: ['tripcast'] };
    const { resource, resources } = synthesize(prodWith({ authorization: 'jwt', jwt }));
    expect(resource('AWS::ApiGatewayV2::Authorizer')[1].Properties).toMatchObject({
      AuthorizerType: 'JWT',
      JwtConfiguration: { Issuer: jwt.issuer, Audience: jwt.audience },
    });
    const routes = [...resources('AWS::ApiGatewayV2::Route').values()].map(({ Properties }) => Properties);
    const open = routes.filter(({ AuthorizationType }) => AuthorizationType !== 'JWT');
    expect(open.map(({ RouteKey }) => RouteKey)).toEqual(['GET /health']);
    expect(() => prodWith({ authorization: 'jwt' })).toThrow('api.jwt: null is not allowed: issuer and audience');
    expect(() => prodWith({ jwt })).toThrow('else null');
  });

  test('answers the scripts of other sites only if the configuration names them', () => {
    const { resource } = synthesize(prodWith({ allowedOrigins: ['https://maps.example.com'] }));
    expect(resource('AWS::ApiGatewayV2::Api')[1].Properties.CorsConfiguration).toMatchObject({
      AllowOrigins: ['https://maps.example.com'],
    });
    expect(() => prodWith({ allowedOrigins: ['*'] })).toThrow('api.allowedOrigins.0: "*" is not allowed: an origin');
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
