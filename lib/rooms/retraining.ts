import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { resourceName } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import type { FunctionCode } from '../constructs/function-code.ts';
import { StateMachine } from '../constructs/state-machine.ts';
import { TripcastFunction } from '../constructs/tripcast-function.ts';
import type { DataRoom } from './data.ts';
import { modelVariables } from './function-variables.ts';
import type { TrainingRoom } from './training.ts';

export interface RetrainingRoomProps {
  readonly config: Config;
  readonly code: FunctionCode;
  readonly store: DataRoom;
  /** Whose functions train, judge, register and promote the candidates. */
  readonly training: TrainingRoom;
  /** Told what every retraining came to. */
  readonly notices: ITopic;
  /** Where an event waits that could not start a retraining. */
  readonly deadLetters: IQueue;
}

/** What src/monitoring/retraining.ts calls its events. */
const DETAIL_TYPES = { month: 'Month scored', harm: 'Model harmed', drift: 'Data drifted' } as const;

/** The policy that keeps the champion good: candidates on windows of months, of which the best that passes is promoted. */
export class RetrainingRoom extends Construct {
  readonly stateMachine: StateMachine;
  readonly #props: RetrainingRoomProps;

  constructor(scope: Construct, id: string, props: RetrainingRoomProps) {
    super(scope, id);
    this.#props = props;
    this.stateMachine = new StateMachine(this, 'Retraining', {
      config: props.config,
      name: 'retraining',
      functions: { RetrainFunction: this.#retrain(), ...props.training.functions },
      topics: { NoticesTopic: props.notices },
    });
    this.#startOnEvents();
  }

  #retrain(): TripcastFunction {
    const { config, code, store } = this.#props;
    const retrain = new TripcastFunction(this, 'Retrain', {
      config,
      code,
      name: 'retrain',
      environment: {
        ...modelVariables(config, store),
        DATA_BUCKET: store.data.bucket.bucketName,
        SCHEDULE_TIME_ZONE: config.schedule.timeZone,
        RETRAIN: JSON.stringify(config.retrain),
      },
    });
    store.grantReadModels(retrain);
    store.data.grantRead(retrain, 'raw/');
    return retrain;
  }

  /** The monthly state machine sends an event for a month that is reason enough; its request is in the event. */
  #startOnEvents(): void {
    const { config, deadLetters } = this.#props;
    const { on } = config.retrain;
    if (on.length === 0) return;
    new Rule(this, 'Start', {
      ruleName: resourceName(config.env, 'retrain'),
      description: `Starts a retraining after ${on.join(' or ')}`,
      eventPattern: {
        source: ['tripcast'],
        detailType: on.map((reason) => DETAIL_TYPES[reason]),
        detail: { environment: [config.env] },
      },
      targets: [
        new SfnStateMachine(this.stateMachine.stateMachine, {
          input: RuleTargetInput.fromEventPath('$.detail.retraining'),
          deadLetterQueue: deadLetters,
        }),
      ],
    });
  }
}
