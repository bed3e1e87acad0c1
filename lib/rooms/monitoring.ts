import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Config, type LiveFunctionName, resourceName } from '../config.ts';
import { type AlarmPlan, alarmPlans } from '../monitoring/alarms.ts';
import { createDashboard } from '../monitoring/dashboard.ts';
import { watchedBelow } from '../monitoring/watched.ts';

export interface MonitoringRoomProps {
  readonly config: Config;
  readonly api: HttpApi;
  /** Where alarms are told, and that they are over. */
  readonly notices: ITopic;
}

/** An alarm for whatever can go wrong in the rooms before this one, and a dashboard of all of it. */
export class MonitoringRoom extends Construct {
  readonly #guards: readonly (readonly [LiveFunctionName, Alarm])[];

  constructor(scope: Construct, id: string, { config, api, notices }: MonitoringRoomProps) {
    super(scope, id);
    const watched = watchedBelow(Stack.of(this), config, api);
    const tell = new SnsAction(notices);
    const alarms = alarmPlans(watched).map((plan) => [plan, this.#alarm(plan, config, tell)] as const);
    this.#guards = alarms.flatMap(([{ guards }, alarm]) => (guards === undefined ? [] : [[guards, alarm] as const]));
    createDashboard(
      this,
      'Dashboard',
      alarms.map(([, alarm]) => alarm),
      watched,
    );
    if (config.alarms.email !== null) notices.addSubscription(new EmailSubscription(config.alarms.email));
  }

  /** The alarms that speak against a new version of a function. */
  guardsOf(name: LiveFunctionName): readonly Alarm[] {
    return this.#guards.filter(([guarded]) => guarded === name).map(([, alarm]) => alarm);
  }

  #alarm({ name, says, metric, atLeast, missing }: AlarmPlan, { env }: Config, tell: SnsAction): Alarm {
    const alarm = new Alarm(this, name, {
      alarmName: resourceName(env, name),
      alarmDescription: `${says}. What to do: docs/runbook.md, ${name}`,
      metric,
      threshold: atLeast,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: missing,
    });
    alarm.addAlarmAction(tell);
    alarm.addOkAction(tell);
    return alarm;
  }
}
