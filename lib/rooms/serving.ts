import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import { resourceName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { acceptFinding } from '../constructs/accept-finding.ts';
import type { FunctionCode } from '../constructs/function-code.ts';
import { PrivateLogGroup } from '../constructs/private-log-group.ts';
import { TripcastFunction } from '../constructs/tripcast-function.ts';
import type { DataRoom } from './data.ts';
import { modelVariables, servingVariables } from './function-variables.ts';

export interface ServingRoomProps {
  readonly config: Config;
  readonly code: FunctionCode;
  readonly store: DataRoom;
  /** Answers for real rides are also published here. */
  readonly predictions: Stream;
}

/** The predict API: one function behind an HTTP API. */
export class ServingRoom extends Construct {
  readonly api: HttpApi;
  readonly predict: TripcastFunction;

  constructor(scope: Construct, id: string, { config, code, store, predictions }: ServingRoomProps) {
    super(scope, id);
    this.predict = new TripcastFunction(this, 'Predict', {
      config,
      code,
      name: 'predict',
      environment: { ...modelVariables(config, store), ...servingVariables(config, code, predictions) },
    });
    store.grantReadModels(this.predict);
    predictions.grantWrite(this.predict);

    const name = resourceName(config.env, 'api');
    this.api = new HttpApi(this, 'Api', { apiName: name, createDefaultStage: false });
    const integration = new HttpLambdaIntegration('Predict', this.predict.goLive());
    this.api.addRoutes({
      path: '/predict',
      methods: [HttpMethod.POST],
      integration,
      authorizer: config.api.authorization === 'iam' ? new HttpIamAuthorizer() : new HttpNoneAuthorizer(),
    });
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
}
