import { z } from 'zod';
import { localApiUrl } from '#local/api-url.ts';
import {
  arnOf,
  type Bench,
  type Documentation,
  type Json,
  type Probe,
  type Resources,
  ref,
  type Site,
} from '../probe.ts';
import { until } from '../wait.ts';
import { hear, heard, permission, witness } from '../witness.ts';

const PAYLOAD: Documentation = {
  title: 'Create AWS Lambda proxy integrations for HTTP APIs in API Gateway',
  url: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html',
};

const route = (key: string, authorization: string) => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ApiId: ref('Api'),
    RouteKey: key,
    AuthorizationType: authorization,
    Target: { 'Fn::Join': ['/', ['integrations', ref('ApiIntegration')]] },
  },
});

/** One API for all probes in this file. */
const api = (site: Site): Resources => ({
  ...witness(site, 'ApiTarget', {
    body: `return { statusCode: 201, headers: { 'content-type': 'text/plain', 'x-probe': 'yes' }, body: 'answered' };`,
  }),
  ...permission('ApiTarget', 'apigateway.amazonaws.com'),
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: `${site.prefix}-api`, ProtocolType: 'HTTP' } },
  ApiIntegration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: ref('Api'),
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: arnOf('ApiTarget'),
      PayloadFormatVersion: '2.0',
    },
  },
  ApiOpen: route('POST /open', 'NONE'),
  ApiSigned: route('POST /signed', 'AWS_IAM'),
  ApiStage: {
    Type: 'AWS::ApiGatewayV2::Stage',
    DependsOn: ['ApiOpen', 'ApiSigned'],
    Properties: { ApiId: ref('Api'), StageName: '$default', AutoDeploy: true },
  },
});

async function ask(bench: Bench, path: string, init: RequestInit): Promise<Response> {
  const id = bench.idOf('Api');
  const { endpointUrl } = bench;
  const url =
    endpointUrl === undefined
      ? `https://${id}.execute-api.${await bench.lambda.config.region()}.amazonaws.com`
      : localApiUrl(`http://${id}.execute-api.localhost`, endpointUrl);
  const send = () => fetch(`${url}${path}`, { ...init, signal: bench.signal });
  return until(bench, send, ({ status }) => status !== 404); // a new API takes a moment to respond
}

const json: z.ZodType<Json> = z.json();

const eventSchema = z.looseObject({
  version: z.string(),
  rawPath: z.string(),
  rawQueryString: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  isBase64Encoded: z.boolean(),
  requestContext: z.looseObject({ http: z.looseObject({ method: z.string(), path: z.string() }) }),
});

function received(call: unknown): Json {
  const { version, rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext } = eventSchema.parse(call);
  const header = headers['x-probe'] ?? null;
  return { version, rawPath, rawQueryString, header, body, isBase64Encoded, method: requestContext.http.method };
}

export const payload: Probe = {
  id: 'http-api-payload',
  behavior:
    'The function receives payload format 2.0 (lowercase headers, the JSON body as text), and its status, headers and body are returned to the client.',
  docs: PAYLOAD,
  reliedOnBy: ['test/integration/whole-system.test.ts', 'lambdas/predict/handler.ts'],
  expected: {
    event: {
      version: '2.0',
      rawPath: '/open',
      rawQueryString: 'a=1&b=x%20y',
      header: 'Value',
      body: '{"n":1}',
      isBase64Encoded: false,
      method: 'POST',
    },
    answer: { status: 201, header: 'yes', body: 'answered' },
  },
  resources: api,
  lane: 'http-api',
  look: {
    async seen(bench) {
      const headers = { 'content-type': 'application/json', 'X-Probe': 'Value' };
      const answer = await ask(bench, '/open?a=1&b=x%20y', { method: 'POST', headers, body: '{"n":1}' });
      const body = await answer.text();
      const [first] = await hear(bench, 'ApiTarget', (calls) => calls.length > 0);
      return {
        event: first === undefined ? null : received(first),
        answer: { status: answer.status, header: answer.headers.get('x-probe'), body },
      };
    },
  },
};

export const unsigned: Probe = {
  id: 'http-api-iam',
  behavior: 'A route with IAM authorization answers an unsigned request with 403 and does not invoke the function.',
  docs: {
    title: 'Control access to HTTP APIs with IAM authorization in API Gateway',
    url: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html',
  },
  reliedOnBy: ['test/infra/stack.test.ts', 'lib/rooms/serving.ts'],
  expected: { status: 403, body: { message: 'Forbidden' }, called: 0 },
  lane: 'http-api',
  look: {
    async seen(bench) {
      const before = (await heard(bench, 'ApiTarget')).length;
      const answer = await ask(bench, '/signed', { method: 'POST', body: '{}' });
      const body = await answer.text();
      return {
        status: answer.status,
        body: body === '' ? null : json.parse(JSON.parse(body)),
        called: (await heard(bench, 'ApiTarget')).length - before,
      };
    },
  },
};
