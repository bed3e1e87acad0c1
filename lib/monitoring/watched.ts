import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { StateMachine } from '../constructs/state-machine.ts';
import { TripcastFunction } from '../constructs/tripcast-function.ts';

/** Everything deployed that can go wrong. */
export interface Watched {
  readonly config: Config;
  readonly functions: readonly TripcastFunction[];
  readonly stateMachines: readonly StateMachine[];
  readonly eventSources: readonly CfnEventSourceMapping[];
  readonly archives: readonly CfnDeliveryStream[];
  /** All queues of this stack are dead-letter queues. */
  readonly queues: readonly CfnQueue[];
  readonly api: HttpApi;
}

/** Everything below a construct, found rather than listed: whatever is added to a room later is watched too. */
export function watchedBelow(scope: IConstruct, config: Config, api: HttpApi): Watched {
  const all = scope.node.findAll();
  return {
    config,
    api,
    functions: all.filter((each) => each instanceof TripcastFunction),
    stateMachines: all.filter((each) => each instanceof StateMachine),
    eventSources: all.filter((each) => each instanceof CfnEventSourceMapping),
    archives: all.filter((each) => each instanceof CfnDeliveryStream),
    queues: all.filter((each) => each instanceof CfnQueue),
  };
}
