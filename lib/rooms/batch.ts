import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  ContextAttribute,
  type IScheduleTarget,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import {
  LambdaInvoke,
  type ScheduleTargetBaseProps,
  StepFunctionsStartExecution,
} from 'aws-cdk-lib/aws-scheduler-targets';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration, Stack, TimeZone } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { isTlsOnly } from '../config/endpoint.ts';
import type { FunctionName } from '../config/functions.ts';
import { resourceName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { acceptFinding, acceptWildcard } from '../constructs/accept-finding.ts';
import type { FunctionCode } from '../constructs/function-code.ts';
import { PrivateTopic } from '../constructs/private-topic.ts';
import { StateMachine } from '../constructs/state-machine.ts';
import { TripcastFunction } from '../constructs/tripcast-function.ts';
import type { DataRoom } from './data.ts';
import { modelVariables } from './function-variables.ts';

/** Also the namespace of the functions' Powertools metrics. */
const METRICS_NAMESPACE = 'tripcast';

/**
 * CloudWatch has no narrower resource than all metrics. AWS always sends the namespace, the emulator does not: hence
 * IfExists.
 */
const putMetrics = () =>
  new PolicyStatement({
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringEqualsIfExists: { 'cloudwatch:namespace': METRICS_NAMESPACE } },
  });

export interface BatchRoomProps {
  readonly config: Config;
  readonly code: FunctionCode;
  readonly store: DataRoom;
}

/** The due month on a schedule, or requested months: plan, ingest, score, monitor, notify; and a check that it was done. */
export class BatchRoom extends Construct {
  readonly monthly: StateMachine;
  readonly backfill: StateMachine;
  readonly notices: Topic;
  /** What a schedule or a rule could not start waits here until someone looks at it. */
  readonly deadLetters: Queue;
  readonly #props: BatchRoomProps;

  constructor(scope: Construct, id: string, props: BatchRoomProps) {
    super(scope, id);
    this.#props = props;
    const { config } = props;
    const functions = {
      PlanFunction: this.#plan(),
      IngestFunction: this.#ingest(),
      ScoreFunction: this.#score(),
      MonitorFunction: this.#monitor(),
    };
    this.notices = new PrivateTopic(this, 'Notices', { config, name: 'notices' }).topic;
    this.monthly = new StateMachine(this, 'Monthly', {
      config,
      name: 'monthly-batch',
      functions,
      topics: { NoticesTopic: this.notices },
      values: {
        Environment: config.env,
        PollSeconds: config.publication.pollHours * 3600,
        GiveUpDays: config.publication.giveUpDays,
      },
    });
    this.monthly.stateMachine.addToRolePolicy(putMetrics());
    this.#asksForRetraining();
    this.backfill = new StateMachine(this, 'Backfill', { config, name: 'backfill', functions });
    this.deadLetters = this.#queue();
    this.#schedules();
  }

  #plan(): TripcastFunction {
    const { config, store } = this.#props;
    const plan = this.#function('Plan', 'plan', {
      ...modelVariables(config, store),
      DATA_BUCKET: store.data.bucket.bucketName,
      ...this.#scheduleVariables(),
      SCHEDULE_LOOK_BACK_MONTHS: String(config.schedule.lookBackMonths),
      INPUT_FILE_PATTERN: '',
    });
    store.grantReadModels(plan);
    store.data.grantRead(plan, 'raw/', 'predictions/', 'receipts/', 'current/');
    return plan;
  }

  #ingest(): TripcastFunction {
    const { config, store } = this.#props;
    const ingest = this.#function('Ingest', 'ingest', {
      DATA_BUCKET: store.data.bucket.bucketName,
      PUBLICATION_SOURCE: config.publication.source,
    });
    store.data.grantRead(ingest, 'raw/');
    store.data.grantWrite(ingest, 'raw/');
    return ingest;
  }

  #score(): TripcastFunction {
    const { config, code, store } = this.#props;
    const score = this.#function('Score', 'score', {
      ...modelVariables(config, store),
      DATA_BUCKET: store.data.bucket.bucketName,
      SCORING_ENGINE: config.engine,
      CODE_VERSION: code.version,
      INPUT_FILE_PATTERN: '',
      OUTPUT_FILE_PATTERN: '',
    });
    const written = ['predictions/', 'receipts/', 'current/'];
    store.grantReadModels(score);
    store.data.grantRead(score, 'raw/', ...written);
    store.data.grantWrite(score, ...written, 'raw/*.schema.json');
    return score;
  }

  #monitor(): TripcastFunction {
    const { config, code, store } = this.#props;
    const monitor = this.#function('Monitor', 'monitor', {
      ...modelVariables(config, store),
      DATA_BUCKET: store.data.bucket.bucketName,
      CODE_VERSION: code.version,
      MONITORING: JSON.stringify(config.monitoring),
      ROLLBACK_TOLERANCE_MINUTES: String(config.rollback.toleranceMinutes ?? ''),
      RETRAIN_ON: JSON.stringify(config.retrain.on),
    });
    store.grantReadModels(monitor);
    if (config.rollback.toleranceMinutes !== null) store.grantMoveAliases(monitor);
    store.data.grantRead(monitor, 'raw/', 'predictions/', 'receipts/', 'current/', 'reports/');
    store.data.grantWrite(monitor, 'reports/');
    monitor.grantPrincipal.addToPrincipalPolicy(putMetrics());
    return monitor;
  }

  /** The state that asks is in the file whatever the configuration says, but only then may it. */
  #asksForRetraining(): void {
    if (this.#props.config.retrain.on.length === 0) return;
    const bus = Stack.of(this).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' });
    this.monthly.stateMachine.addToRolePolicy(new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus] }));
  }

  #checkMonth(): TripcastFunction {
    const { config, store } = this.#props;
    const check = this.#function('CheckMonth', 'check-month', {
      SERVED_TAXI_TYPE: config.model.servedTaxiType,
      DATA_BUCKET: store.data.bucket.bucketName,
      ...this.#scheduleVariables(),
      MONTHLY_BATCH_ARN: this.monthly.stateMachine.stateMachineArn,
    });
    store.data.grantRead(check, 'receipts/');
    this.monthly.grantExecutions(check, 'states:DescribeExecution');
    check.grantPrincipal.addToPrincipalPolicy(putMetrics());
    return check;
  }

  /** How to tell which month a time belongs to. */
  #scheduleVariables(): Record<string, string> {
    const { timeZone, monthsBack } = this.#props.config.schedule;
    return { SCHEDULE_TIME_ZONE: timeZone, SCHEDULE_MONTHS_BACK: String(monthsBack) };
  }

  #function(id: string, name: FunctionName, environment: Record<string, string>): TripcastFunction {
    const { config, code } = this.#props;
    return new TripcastFunction(this, id, { config, code, name, environment });
  }

  #queue(): Queue {
    const { config } = this.#props;
    const queue = new Queue(this, 'ScheduleDeadLetters', {
      queueName: resourceName(config.env, 'schedule-dead-letters'),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: isTlsOnly(config),
      retentionPeriod: Duration.days(14),
    });
    acceptFinding(queue, 'SQS3', 'This is the dead-letter queue of schedules, which cdk-nag does not inspect.');
    return queue;
  }

  #schedules(): void {
    const { schedule } = this.#props.config;
    const target = (input: Record<string, string>): ScheduleTargetBaseProps => ({
      input: ScheduleTargetInput.fromObject({
        taxi_type: schedule.taxiType,
        ...input,
        scheduledTime: ContextAttribute.scheduledTime,
      }),
      deadLetterQueue: this.deadLetters,
      retryAttempts: schedule.retryAttempts,
      maxEventAge: Duration.seconds(schedule.maximumAgeSeconds),
    });
    this.#schedule('Schedule', 'monthly-batch', {
      description: 'Scores the month that is due and the months still owed',
      expression: schedule.expression,
      target: new StepFunctionsStartExecution(
        this.monthly.stateMachine,
        target(schedule.runId === null ? {} : { run_id: schedule.runId }),
      ),
    });
    const checkMonth = this.#checkMonth().function;
    acceptWildcard(
      Stack.of(this), // where the CDK puts the schedules' roles
      `${checkMonth.functionArn}:*`,
      'The CDK lets a schedule call the versions of its function as well as the function.',
    );
    this.#schedule('CheckSchedule', 'check-month', {
      description: 'Checks that the month that is due was scored or is being worked on',
      expression: schedule.checkExpression,
      target: new LambdaInvoke(checkMonth, target({})),
    });
  }

  #schedule(
    id: string,
    name: string,
    of: { readonly description: string; readonly expression: string; readonly target: IScheduleTarget },
  ): void {
    const { env, schedule } = this.#props.config;
    new Schedule(this, id, {
      scheduleName: resourceName(env, name),
      description: of.description,
      schedule: ScheduleExpression.expression(of.expression, TimeZone.of(schedule.timeZone)),
      enabled: schedule.enabled,
      target: of.target,
    });
  }
}
