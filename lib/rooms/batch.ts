import { ContextAttribute, Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration, TimeZone } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Config, type FunctionName, isTlsOnly, resourceName } from '../config.ts';
import { acceptFinding } from '../constructs/accept-finding.ts';
import type { FunctionCode } from '../constructs/function-code.ts';
import { PrivateTopic } from '../constructs/private-topic.ts';
import { StateMachine } from '../constructs/state-machine.ts';
import { TripcastFunction } from '../constructs/tripcast-function.ts';
import type { DataRoom } from './data.ts';
import { modelVariables } from './function-variables.ts';

export interface BatchRoomProps {
  readonly config: Config;
  readonly code: FunctionCode;
  readonly store: DataRoom;
}

/** A month at a time on a schedule, or a range of months on request: plan, ingest, score, tell. */
export class BatchRoom extends Construct {
  readonly monthly: StateMachine;
  readonly backfill: StateMachine;
  readonly notices: Topic;
  readonly #props: BatchRoomProps;

  constructor(scope: Construct, id: string, props: BatchRoomProps) {
    super(scope, id);
    this.#props = props;
    const { config } = props;
    const functions = { PlanFunction: this.#plan(), IngestFunction: this.#ingest(), ScoreFunction: this.#score() };
    this.notices = new PrivateTopic(this, 'Notices', { config, name: 'notices' }).topic;
    this.monthly = new StateMachine(this, 'Monthly', {
      config,
      name: 'monthly-batch',
      functions,
      topics: { NoticesTopic: this.notices },
      numbers: {
        PollSeconds: config.publication.pollHours * 3600,
        GiveUpDays: config.publication.giveUpDays,
      },
    });
    this.backfill = new StateMachine(this, 'Backfill', { config, name: 'backfill', functions });
    this.#schedule();
  }

  #plan(): TripcastFunction {
    const { config, store } = this.#props;
    const plan = this.#function('Plan', 'plan', {
      ...modelVariables(config, store),
      DATA_BUCKET: store.data.bucket.bucketName,
      SCHEDULE_TIME_ZONE: config.schedule.timeZone,
      SCHEDULE_MONTHS_BACK: String(config.schedule.monthsBack),
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
      CHUNK_ROWS: String(config.batch.chunkRows),
      CODE_VERSION: code.version,
      INPUT_FILE_PATTERN: '',
      OUTPUT_FILE_PATTERN: '',
    });
    const written = ['predictions/', 'receipts/', 'current/'];
    store.grantReadModels(score);
    store.data.grantRead(score, 'raw/', ...written);
    store.data.grantWrite(score, ...written);
    return score;
  }

  #function(id: string, name: FunctionName, environment: Record<string, string>): TripcastFunction {
    const { config, code } = this.#props;
    return new TripcastFunction(this, id, { config, code, name, environment });
  }

  /** Starts the monthly state machine with the month's time; a start that does not succeed waits in a queue to be looked at. */
  #schedule(): void {
    const { config } = this.#props;
    const { env, schedule } = config;
    const undeliverable = new Queue(this, 'ScheduleDeadLetters', {
      queueName: resourceName(env, 'schedule-dead-letters'),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: isTlsOnly(config),
      retentionPeriod: Duration.days(14),
    });
    acceptFinding(
      undeliverable,
      'SQS3',
      'It is the dead-letter queue of the schedule, which cdk-nag does not look at.',
    );
    new Schedule(this, 'Schedule', {
      scheduleName: resourceName(env, 'monthly-batch'),
      description: 'Scores the month before, or what its input says',
      schedule: ScheduleExpression.expression(schedule.expression, TimeZone.of(schedule.timeZone)),
      enabled: schedule.enabled,
      target: new StepFunctionsStartExecution(this.monthly.stateMachine, {
        input: ScheduleTargetInput.fromObject({
          taxi_type: schedule.taxiType,
          ...(schedule.runId === null ? {} : { run_id: schedule.runId }),
          scheduledTime: ContextAttribute.scheduledTime,
        }),
        deadLetterQueue: undeliverable,
        retryAttempts: schedule.retryAttempts,
        maxEventAge: Duration.seconds(schedule.maximumAgeSeconds),
      }),
    });
  }
}
