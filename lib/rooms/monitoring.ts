import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Annotations, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { LiveFunctionName } from '../config/functions.ts';
import { resourceName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import type { AlarmPlan } from '../monitoring/alarm-plan.ts';
import { alarmPlans } from '../monitoring/alarms.ts';
import { createDashboard } from '../monitoring/dashboard.ts';
import { watchedBelow } from '../monitoring/watched.ts';

export interface MonitoringRoomProps {
  readonly config: Config;
  readonly api: HttpApi;
  /** Where alarms go, and, for lasting ones, their end. */
  readonly notices: ITopic;
}

/** An alarm for everything that can go wrong in the rooms before this one, and one dashboard for all of it. */
export class MonitoringRoom extends Construct {
  readonly #guards: readonly (readonly [LiveFunctionName, Alarm])[];

  constructor(scope: Construct, id: string, { config, api, notices }: MonitoringRoomProps) {
    super(scope, id);
    const watched = watchedBelow(Stack.of(this), config, api);
    const notify = new SnsAction(notices);
    const alarms = alarmPlans(watched).map((plan) => [plan, this.#alarm(plan, config, notify)] as const);
    this.#guards = alarms.flatMap(([{ guards }, alarm]) => (guards === undefined ? [] : [[guards, alarm] as const]));
    createDashboard(
      this,
      'Dashboard',
      alarms.map(([, alarm]) => alarm),
      watched,
    );
    this.#subscribe(config, notices);
  }

  /** The alarms that block a new version of a function. */
  guardsOf(name: LiveFunctionName): readonly Alarm[] {
    return this.#guards.filter(([guarded]) => guarded === name).map(([, alarm]) => alarm);
  }

  #subscribe({ env, endpointUrl, alarms: { email } }: Config, notices: ITopic): void {
    if (email !== null) notices.addSubscription(new EmailSubscription(email));
    else if (endpointUrl === null) {
      Annotations.of(this).addWarningV2(
        'tripcast:no-recipient',
        `The alarms notify nobody until someone subscribes to the topic. Name a recipient: alarms.email in env/${env}.json.`,
      );
    }
  }

  #alarm(
    { name, says, metric, missing, periods, lasts, ...when }: AlarmPlan,
    { env }: Config,
    notify: SnsAction,
  ): Alarm {
    const [threshold, comparisonOperator] =
      'below' in when
        ? [when.below, ComparisonOperator.LESS_THAN_THRESHOLD]
        : [when.atLeast, ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD];
    const alarm = new Alarm(this, name, {
      alarmName: resourceName(env, name),
      alarmDescription: `${says}. What to do: docs/runbook.md, ${name}`,
      metric,
      threshold,
      comparisonOperator,
      evaluationPeriods: periods?.of ?? 1,
      ...(periods && { datapointsToAlarm: periods.over }),
      treatMissingData: missing,
    });
    alarm.addAlarmAction(notify);
    if (lasts) alarm.addOkAction(notify);
    return alarm;
  }
}
