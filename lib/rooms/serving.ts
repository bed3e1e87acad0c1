import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import { resourceName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { acceptFinding } from '../constructs/accept-finding.ts';
import type { FunctionCode } from '../constructs/function-code.ts';
import { PrivateLogGroup } from '../constructs/private-log-group.ts';
import type { StateMachine } from '../constructs/state-machine.ts';
import { TripcastFunction } from '../constructs/tripcast-function.ts';
import type { DataRoom } from './data.ts';
import { modelVariables, servingVariables } from './function-variables.ts';

export interface ServingRoomProps {
  readonly config: Config;
  readonly code: FunctionCode;
  readonly store: DataRoom;
  readonly events: Stream;
  /** Answers for real rides are also published here. */
  readonly predictions: Stream;
  /** The pipelines that the console draws. */
  readonly machines: readonly StateMachine[];
}

type Route = readonly [HttpMethod, path: string];

/** For callers that may use the model, whoever they are in this environment. */
export const DATA_ROUTES: readonly Route[] = [
  [HttpMethod.POST, '/predict'],
  [HttpMethod.POST, '/predict/batch'],
  [HttpMethod.GET, '/zones'],
  [HttpMethod.GET, '/models/champion'],
  [HttpMethod.GET, '/models/history'],
  [HttpMethod.GET, '/months'],
  [HttpMethod.GET, '/openapi.json'],
];

/** What only the console asks for (src/serving/console-data.ts). */
export const CONSOLE_DATA_ROUTES: readonly Route[] = [
  [HttpMethod.GET, '/models/{run}/model.onnx'],
  [HttpMethod.GET, '/months/{month}/report.html'],
];

/**
 * A browser signs no navigation, so pages are deployed only where everyone may call, and with them what their live views
 * show. Elsewhere `tripcast console` serves both.
 */
export const PAGE_ROUTES: readonly Route[] = [
  [HttpMethod.GET, '/stream/latest'],
  [HttpMethod.GET, '/pipelines'],
  [HttpMethod.GET, '/'],
  [HttpMethod.GET, '/assets/{file}'],
  [HttpMethod.GET, '/docs'],
  [HttpMethod.GET, '/docs/{file}'],
];

/** The predict API: one function behind an HTTP API. */
export class ServingRoom extends Construct {
  readonly api: HttpApi;
  readonly predict: TripcastFunction;

  constructor(scope: Construct, id: string, props: ServingRoomProps) {
    super(scope, id);
    const { config, code, store, predictions } = props;
    const isOpen = config.api.authorization === 'none';
    this.predict = new TripcastFunction(this, 'Predict', {
      config,
      code,
      name: 'predict',
      environment: {
        ...modelVariables(config, store),
        ...servingVariables(config, code, predictions),
        DATA_BUCKET: store.data.bucket.bucketName,
        LIVE_VIEWS: isOpen ? livePlaces(props) : '',
      },
    });
    store.grantReadModels(this.predict);
    store.data.grantRead(this.predict, 'current/', 'receipts/', 'reports/');
    predictions.grantWrite(this.predict);
    if (isOpen) this.#grantLiveViews(props);

    const name = resourceName(config.env, 'api');
    const { allowedOrigins } = config.api;
    this.api = new HttpApi(this, 'Api', {
      apiName: name,
      createDefaultStage: false,
      ...(allowedOrigins.length > 0 && {
        corsPreflight: {
          allowOrigins: [...allowedOrigins],
          allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST],
          allowHeaders: ['authorization', 'content-type'],
        },
      }),
    });
    const integration = new HttpLambdaIntegration('Predict', this.predict.goLive());
    const authorizer = authorizerOf(config);
    const pages = isOpen ? PAGE_ROUTES : [];
    for (const [method, path] of [...DATA_ROUTES, ...CONSOLE_DATA_ROUTES, ...pages])
      this.api.addRoutes({ path, methods: [method], integration, authorizer });
    const health = this.api.addRoutes({ path: '/health', methods: [HttpMethod.GET], integration });
    for (const route of health)
      acceptFinding(route, 'APIG4', 'For uptime checks, which do not sign requests; it is throttled.');
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: config.api.requestsPerSecond, burstLimit: config.api.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new PrivateLogGroup(this, 'AccessLogs', { config, name: `/aws/vendedlogs/apis/${name}` }).logGroup,
        ),
        // No caller address or identity: times and outcomes only.
        format: AccessLogFormat.custom(
          JSON.stringify({
            requestId: '$context.requestId',
            requestTime: '$context.requestTime',
            routeKey: '$context.routeKey',
            status: '$context.status',
            responseLatencyMs: '$context.responseLatency',
            integrationError: '$context.integrationErrorMessage',
          }),
        ),
      },
    });
  }

  #grantLiveViews({ store, events, predictions, machines }: ServingRoomProps): void {
    events.grantRead(this.predict);
    predictions.grantRead(this.predict);
    store.data.grantRead(this.predict, 'quarantine/');
    for (const machine of machines) machine.grantWatch(this.predict);
  }
}

/** As src/serving/live-views.ts reads them. */
const livePlaces = ({ events, predictions, machines }: ServingRoomProps): string =>
  JSON.stringify({
    eventsStream: events.streamArn,
    predictionsStream: predictions.streamArn,
    machines: Object.fromEntries(machines.map(({ name, stateMachine }) => [name, stateMachine.stateMachineArn])),
  });

function authorizerOf({ api: { authorization, jwt } }: Config): IHttpRouteAuthorizer {
  if (authorization === 'iam') return new HttpIamAuthorizer();
  return jwt === null
    ? new HttpNoneAuthorizer()
    : new HttpJwtAuthorizer('Jwt', jwt.issuer, { jwtAudience: [...jwt.audience] });
}
